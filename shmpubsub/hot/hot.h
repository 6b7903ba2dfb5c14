/* What every file here includes. */
#ifndef SHM_HOT_H
#define SHM_HOT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "../protocol/clock.h"
#include "../protocol/layout.h"

#endif
