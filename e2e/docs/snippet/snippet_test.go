// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package snippet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBlocks(t *testing.T) {
	text := "text\n" +
		"```yaml\na: 1\n\nb: 2\n```\n" +
		"```sh\nc: 3\n```\n" +
		"- item\n\n  ```yml title\n  d:\n    e: 4\n  ```\n" +
		"````yaml\nf: |\n  ```\n````\n"
	blocks, err := YAML(text)
	require.NoError(t, err)
	assert.Equal(t, []Block{
		{Line: 2, Text: "a: 1\n\nb: 2\n"},
		{Line: 12, Text: "d:\n  e: 4\n"},
		{Line: 16, Text: "f: |\n  ```\n"},
	}, blocks)

	blocks, err = Blocks(text, "sh", "console")
	require.NoError(t, err)
	assert.Equal(t, []Block{{Line: 7, Text: "c: 3\n"}}, blocks)

	_, err = YAML("```yaml\na: 1\n")
	require.Error(t, err)
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]Kind{
		"receivers:\n  alertmanager:\n":                             Collector,
		"exporters:\n  alert24:\n    api_key: x\n":                  Collector,
		"service:\n  pipelines: {}\n":                               Collector,
		"receivers:\n  - name: alert24\n":                           Alertmanager,
		"route:\n  receiver: alert24\n":                             Alertmanager,
		"groups:\n  - name: x\n":                                    Rules,
		"alerting:\n  alertmanagers: []\n":                          Prometheus,
		"receivers:\n  - gomod: example.com/receiver v0.1.0\n":      Builder,
		"dist:\n  name: otelcol\n":                                  Builder,
		"apiVersion: v1\nkind: Secret\nmetadata: {name: alert24}\n": Kubernetes,
	} {
		got, err := KindOf(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"severity: {default: low}", "a: [", "- a", ""} {
		_, err := KindOf(text)
		assert.Error(t, err, text)
	}
}
