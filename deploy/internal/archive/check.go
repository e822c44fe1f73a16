// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
)

// Check returns an error unless the programs, given as paths, are Go programs for the platform OS_ARCH.
func Check(platform string, programs ...string) error {
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return fmt.Errorf("%s: no Go program: %w", program, err)
		}
		if got := setting(info, "GOOS") + "_" + setting(info, "GOARCH"); got != platform {
			return fmt.Errorf("%s: built for %s, not for %s", program, got, platform)
		}
	}
	return nil
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
