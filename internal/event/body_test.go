// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// The title shows the body, unless it is too long, has several lines, or an attribute replaces it.
func TestNoBodyIsLost(t *testing.T) {
	long := strings.Repeat("x", 250)
	for name, tt := range map[string]struct{ title, body, description string }{
		"the body is the title":      {"", "Backup failed", ""},
		"another title":              {"Call the team", "Backup failed", "Backup failed"},
		"a title with the body":      {"storage: Backup failed", "Backup failed\n", ""},
		"a title that is cut":        {"storage: " + long, long, long},
		"several lines":              {"Backup failed\nno space", "Backup failed\nno space", "Backup failed\nno space"},
		"a title and no body at all": {"Call the team", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			ev := one(t, map[string]string{attrs.OverrideAlias: "backup", attrs.OverrideTitle: tt.title}, func(r plog.LogRecord) { r.Body().SetStr(tt.body) })
			assert.Equal(t, tt.description, ev.Alert.Unpack().Description)
		})
	}
}

func TestADescriptionReplacesTheBody(t *testing.T) {
	ev := one(t, map[string]string{attrs.OverrideAlias: "backup", attrs.OverrideDescription: "D"}, func(r plog.LogRecord) { r.Body().SetStr("a\nb") })
	assert.Equal(t, "D", ev.Alert.Unpack().Description)
}
