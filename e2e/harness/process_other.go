// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package harness

import "syscall"

// dieWithParent leaves the program in the process group of its parent, where Ctrl-C ends both.
func dieWithParent() *syscall.SysProcAttr { return nil }
