"""A neighbour of this file does not parse."""

import syntax
