# %% [markdown]
# A notebook as a script: Jupyter (by way of jupytext), VS Code and PyCharm run it cell by cell.
# Run any cell again, as often as you like, or all: `python examples/notebook_cells.py`

# %%
import math

import shm_pub_sub

# %%
# Without replace=True the second run of this cell would fail: the first run's publisher lives on in
# the kernel. Another kernel's or program's publisher is never replaced.
angle = shm_pub_sub.Publisher("notebook/angle_radians", 0.0, replace=True)
print(angle)

# %%
# A subscriber may be made again at any time. In real life it is in another notebook.
reader = shm_pub_sub.Subscriber("notebook/angle_radians", 0.0)
print("before the first value:", reader.subscribe())

# %%
for step in range(4):
    angle.publish(step * math.pi / 4)
    print(f"step {step}:", reader.subscribe())

# %%
# What one sees without it.
try:
    shm_pub_sub.Publisher("notebook/angle_radians", 0.0)
except shm_pub_sub.ExistsError as error:
    print("refused:", error)

# %%
# Not needed: the kernel's end closes it too.
angle.close()
print("after the end:", reader.subscribe())
