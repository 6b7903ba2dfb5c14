"""No child maps a publisher's file: it would keep the lock of a dead parent."""

from pathlib import Path

from support.peer import Peer

from . import _mappings


def test_a_child_has_no_topic_of_its_parent_mapped(peer: Peer, shm_dir: Path) -> None:
    assert not peer.call(_mappings.child_has_mapped_an_open_topic, shm_dir)


def test_neither_has_one_born_while_another_thread_closes(peer: Peer, shm_dir: Path) -> None:
    assert peer.call(_mappings.count_children_with_a_topic_mapped, shm_dir, 50) == 0
