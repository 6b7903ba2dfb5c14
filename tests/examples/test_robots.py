"""The rover that obeys a command topic, and the cart that stops at old values."""

import signal
from collections.abc import Callable

import shm_pub_sub

from ._example import Example


def test_rover_turns_at_the_wall_and_halts_without_its_remote_control(
    start_example: Callable[..., Example],
) -> None:
    rover = start_example("rover.py")
    rover.wait_for(r"^HALT \(no remote control\)$")
    remote = start_example("rover_remote.py")
    remote.wait_for("^FORWARD at 0 ticks, 0°")
    remote.wait_for("^TURN at 200 ticks, 0°")
    heading = float(remote.wait_for("^FORWARD at 200 ticks, (.*)°")[1])
    assert 90.0 <= heading < 180.0
    with shm_pub_sub.Subscriber("rover/compass/degrees", 0.0) as compass:
        assert compass.subscribe() == (heading, True)

    remote.interrupt()
    rover.wait_for("^TURN$")
    rover.wait_for(r"^HALT \(no remote control\)$")
    rover.interrupt()


def test_rover_halts_while_its_remote_control_hangs(start_example: Callable[..., Example]) -> None:
    rover = start_example("rover.py")
    remote = start_example("rover_remote.py")
    rover.wait_for("^FORWARD$")

    remote.process.send_signal(signal.SIGSTOP)
    rover.wait_for(r"^HALT \(no remote control\)$")
    remote.process.send_signal(signal.SIGCONT)
    rover.wait_for("^(FORWARD|TURN)$")

    remote.interrupt()
    rover.interrupt()


def test_cart_stops_while_its_sensor_hangs_and_when_it_is_gone(
    start_example: Callable[..., Example],
) -> None:
    cart = start_example("safe_stop.py", "cart")
    cart.wait_for("^stopped: the sensor is gone$")
    sensor = start_example("safe_stop.py", "sensor")
    sensor.wait_for("measuring")
    cart.wait_for("^driving$")
    with shm_pub_sub.Subscriber("cart/drive/metres_per_second", -1.0) as speed:
        assert speed.subscribe()[0] > 0.0

        sensor.process.send_signal(signal.SIGSTOP)
        cart.wait_for("^stopped: the sensor hangs$")
        assert speed.subscribe() == (0.0, True)

        sensor.process.send_signal(signal.SIGCONT)
        cart.wait_for("^driving$")
        sensor.interrupt()
        cart.wait_for("^stopped: the sensor is gone$")
        assert speed.subscribe() == (0.0, True)
    cart.interrupt()


def test_cart_stops_at_a_sensor_of_another_type_and_drives_on_after_it(
    start_example: Callable[..., Example],
) -> None:
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
