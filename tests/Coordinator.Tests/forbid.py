# forbid.py NUMBER PROGRAM [ARGUMENTS]: runs a program for which one system call is "not permitted".
import ctypes
import os
import struct
import sys

# Load the call's number; if it is the one, EPERM; otherwise allow.
EPERM, ALLOW = 0x00050001, 0x7FFF0000
instructions = [(0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (0x06, 0, 0, EPERM), (0x06, 0, 0, ALLOW)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in instructions))


class Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]


PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
libc = ctypes.CDLL(None)
assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Filter(len(instructions), ctypes.addressof(code)))) == 0
os.execv(sys.argv[2], sys.argv[2:])
