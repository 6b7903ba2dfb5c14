"""Where each block of the specification is, and how deep its lines are indented.

Where the text leaves open how deep a pause belongs, it stands in the loop beside the `if`, so that
every turn pauses and not only some.
"""

from ._spec import Block

PUBLISHER_SIGNATURES = Block(
    21, 26, "000000", "07b0d3f35f5993ee884e0bf739b8e8130b93a3d8d817c28bb06ec2f2832e2684"
)
PUBLISH_CALLS = Block(
    37, 42, "000000", "a96e32488851ed6aeaafb3d0148c108e736513ab93da4ef22767403ee9fc1f5d"
)
SENSOR_PUBLISHER = Block(
    44, 54, "00000001111", "eebcd96a5f350a43e8bbd4e2f3a7ee559bde1edf7b1cb5ae6c8380319e75b38a"
)
SUBSCRIBER_SIGNATURES = Block(
    58, 63, "000000", "7c04d37c76de2fd393d345da78f55b49252d2948a436ff22b5e56190743e44c2"
)
SUBSCRIBE_CALLS = Block(
    72, 77, "000000", "b609cd6dbff18d649caf86535b3434d562237ca427c0794697bec301c3079e66"
)
MULTI_SUBSCRIBER = Block(
    84,
    111,
    "0000111223434201112233200000",
    "92a6dd170a6692944e50b013828f7cba8c38485fc0b3a336a0495e0658ec6202",
)
CREATION_SYMPTOM = Block(
    143, 144, "00", "76fcf474e12027dcd2dfecf6b1ff51d7eb09fe975dcb1b5109eaf42e82c4fcd3"
)
READING_SYMPTOM = Block(
    150, 151, "00", "8a8c0302fae46eff85621c2acf5fbb233bb40a0617857ec5a660176aa4466913"
)
CONFLICT_SYMPTOM = Block(
    157, 158, "00", "99ed5cd1f5119007fd5d0b00c077119c16da81eec0ef5a875a76156e991c65b2"
)
PERFORMANCE = Block(
    176,
    204,
    "00011111221111211122311111110",
    "dc923b9d1b47a9fd556e987febfdeaf41aa739a0125fe733166c23698fcfa4fc",
)
VERIFICATION = Block(
    233, 244, "000001100011", "d6b1bf3b631f208630755bdd3406afaf27c16ad666202b038d615987ac679a1b"
)
ROBOT_NETWORK = Block(
    247,
    293,
    "00000122222212233312233312233312233322332000001",
    "3fe0614d32cfb901a81b865bbd8143d91ed4444b592fab59b18be160347ed2de",
)
ANALYTICS = Block(
    295,
    338,
    "00000012221223343122344444431223322332000001",
    "585878256dc552290582a7df71d3db27b6181de5ad0efb6dbc6eaeb4e1600989",
)
TOPIC_NAMING = Block(
    346, 349, "0000", "4745aa470d1d71562656e7742653f9f9a02cdad8eb6b53bbe7ba574c06123bd0"
)
ERROR_HANDLING = Block(
    351, 363, "0112334344233", "43cf0dbb902ea1cb5980e684b9b6d24667284caf8a3f8f6f7e3b7f25b608f21e"
)
RESOURCE_MANAGEMENT = Block(
    365, 375, "01212122001", "9b4d9ea4127c6c4d25ce978569e082a3b6936f2d04d0fb5c4cbb9dab1d07ce23"
)

PROGRAMS = {
    "publish_calls": PUBLISH_CALLS,
    "sensor_publisher": SENSOR_PUBLISHER,
    "subscribe_calls": SUBSCRIBE_CALLS,
    "multi_subscriber": MULTI_SUBSCRIBER,
    "reading_symptom": READING_SYMPTOM,
    "performance": PERFORMANCE,
    "verification": VERIFICATION,
    "robot_network": ROBOT_NETWORK,
    "analytics": ANALYTICS,
    "topic_naming": TOPIC_NAMING,
    "error_handling": ERROR_HANDLING,
    "resource_management": RESOURCE_MANAGEMENT,
}
"""Python, which is run."""

SIGNATURES = {
    "publisher_signatures": PUBLISHER_SIGNATURES,
    "subscriber_signatures": SUBSCRIBER_SIGNATURES,
}
"""Documentation of calls, which is not Python."""

SYMPTOMS = {"conflict_symptom": CONFLICT_SYMPTOM, "creation_symptom": CREATION_SYMPTOM}
"""What the user sees if something fails."""
