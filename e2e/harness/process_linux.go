// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import "syscall"

// dieWithParent puts the program into its own process group, so that Ctrl-C reaches only the parent, which stops the program in
// order. The kernel kills the program when the parent is killed.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
