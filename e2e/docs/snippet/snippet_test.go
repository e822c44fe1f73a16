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
