// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import "syscall"

// dieWithParent puts the program into a group of its own, so that Ctrl-C reaches only the one who stops it in order,
// and has the kernel kill it when that one is killed.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
