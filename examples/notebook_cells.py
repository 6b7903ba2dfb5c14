# %% [markdown]
# A notebook as a script. Jupyter (with jupytext), VS Code and PyCharm run it cell by cell, and any
# cell can be run again. To run all of them: `python examples/notebook_cells.py`

# %%
import math

import shm_pub_sub

# %%
# Without replace=True a second run of this cell would fail, because the kernel still has the first
# run's publisher. Publishers of other kernels and programs are never replaced.
angle = shm_pub_sub.Publisher("notebook/angle_radians", 0.0, replace=True)
print(angle)

# %%
# You can create subscribers again at any time. Usually they are in another notebook.
reader = shm_pub_sub.Subscriber("notebook/angle_radians", 0.0)
print("before the first value:", reader.subscribe())

# %%
for step in range(4):
    angle.publish(step * math.pi / 4)
    print(f"step {step}:", reader.subscribe())

# %%
# The error without replace=True.
try:
    shm_pub_sub.Publisher("notebook/angle_radians", 0.0)
except shm_pub_sub.ExistsError as error:
    print("refused:", error)

# %%
# Optional: the kernel closes it on exit.
angle.close()
print("after the end:", reader.subscribe())
