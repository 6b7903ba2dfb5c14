"""The rover that obeys a command topic, and the cart that stops at old values."""

import os
import signal
import time

import shm_pub_sub
from shm_pub_sub.testing import wait_for
from support.programs import Start

MAX_AGE = 0.25
"""Seconds after which the cart does not trust a value."""


def next_of(topic: shm_pub_sub.Subscriber[float]) -> float:
    """Return the second value that comes: it was published after this call."""
    topic.drain()
    topic.recv(timeout=30)
    return topic.recv(timeout=30)


def test_rover_turns_at_the_wall_and_halts_without_its_remote_control(start_example: Start) -> None:
    rover = start_example("rover.py")
    rover.wait_for(r"^HALT \(no remote control\)$")
    remote = start_example("rover_remote.py")
    # It moves on, and reports when it comes to it: what is read here may be a little old.
    start = int(remote.wait_for(r"^FORWARD at (\d+) ticks, 0°")[1])
    wall = int(remote.wait_for(r"^TURN at (\d+) ticks, 0°")[1])
    assert 0 <= start <= wall <= 200
    heading = float(remote.wait_for(r"^FORWARD at \d+ ticks, (.*)°")[1])
    assert heading >= 90.0

    remote.interrupt()
    rover.wait_for("^TURN$")
    rover.wait_for(r"^HALT \(no remote control\)$")
    with (
        shm_pub_sub.Subscriber("rover/compass/degrees", 0.0) as compass,
        shm_pub_sub.Subscriber("rover/odometer/ticks", 0) as odometer,
    ):
        assert wait_for(odometer, lambda ticks: ticks >= 200) % 5 == 0
        assert next_of(compass) == next_of(compass)
        assert next_of(odometer) == next_of(odometer)
    rover.interrupt()


def test_rover_halts_while_its_remote_control_hangs(start_example: Start) -> None:
    rover = start_example("rover.py")
    remote = start_example("rover_remote.py")
    rover.wait_for("^FORWARD$")

    remote.send_signal(signal.SIGSTOP)
    rover.wait_for(r"^HALT \(no remote control\)$")
    remote.send_signal(signal.SIGCONT)
    rover.wait_for("^(FORWARD|TURN)$")

    remote.interrupt()
    rover.interrupt()


def test_cart_stops_while_its_sensor_hangs_and_when_it_is_gone(start_example: Start) -> None:
    cart = start_example("safe_stop.py", "cart")
    cart.wait_for("^stopped: the sensor is gone$")
    sensor = start_example("safe_stop.py", "sensor")
    sensor.wait_for("measuring")
    cart.wait_for("^driving$")
    with shm_pub_sub.Subscriber("cart/drive/metres_per_second", -1.0) as speed:
        wait_for(speed, lambda metres_per_second: metres_per_second > 0.0)

        sensor.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, sensor.pid, os.WSTOPPED)
        cart.wait_for("^stopped: the sensor hangs$")  # now, or once before on a busy machine
        time.sleep(MAX_AGE)
        assert next_of(speed) == 0.0

        sensor.send_signal(signal.SIGCONT)
        wait_for(speed, lambda metres_per_second: metres_per_second > 0.0)
        sensor.interrupt()
        cart.wait_for("^stopped: the sensor is gone$")
        assert next_of(speed) == 0.0
    cart.interrupt()


def test_cart_stops_at_a_sensor_of_another_type_and_goes_on_after_it(start_example: Start) -> None:
    topic = "cart/front/clearance_metres"
    cart = start_example("safe_stop.py", "cart")
    cart.wait_for("^stopped: the sensor is gone$")
    with shm_pub_sub.Publisher(topic, 0) as wrong:
        wrong.publish(2)
        cart.wait_for("^stopped: .*int.*float")
    cart.wait_for("^stopped: the sensor is gone$")
    sensor = start_example("safe_stop.py", "sensor")
    cart.wait_for("^driving$")
    sensor.interrupt()
    cart.interrupt()
