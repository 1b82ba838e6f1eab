#include "lib/Driver/Link/Header.h"
