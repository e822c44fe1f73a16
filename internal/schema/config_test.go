// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package schema

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the schemas anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSchemasAreUpToDate(t *testing.T) {
	for _, c := range components() {
		t.Run(c.dir, func(t *testing.T) {
			want, err := c.generate()
			require.NoError(t, err)
			if *update {
				require.NoError(t, os.WriteFile(c.path("config.schema.yaml"), want, 0o600))
			}
			got, err := os.ReadFile(c.path("config.schema.yaml"))
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got), "run make generate")
		})
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	var check func(t *testing.T, s *schema, path string)
	check = func(t *testing.T, s *schema, path string) {
		t.Helper()
		for key, inner := range s.Properties {
			assert.NotEmpty(t, inner.Description, "%s::%s has no comment", path, key)
			check(t, inner, path+"::"+key)
			if inner.Items != nil {
				check(t, inner.Items, path+"::"+key)
			}
		}
	}
	for _, c := range components() {
		t.Run(c.dir, func(t *testing.T) {
			var s schema
			text, err := os.ReadFile(c.path("config.schema.yaml"))
			require.NoError(t, err)
			require.NoError(t, yaml.Unmarshal(text, &s))
			check(t, &s, c.dir)
		})
	}
}

// keys passes all keys of one of our structs to add, including those of squashed structs of the collector. The collector itself
// tests the keys of its other structs.
func keys(t reflect.Type, prefix string, add func(string)) {
	for _, f := range fields(t) {
		key, squash := tag(f)
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.PkgPath() == optional {
			if inner.PkgPath() == optional {
				inner = unwrap(inner)
			} else {
				inner = inner.Elem()
			}
		}
		switch {
		case squash:
			keys(inner, prefix, add)
			continue
		case key == "-":
			continue
		}
		add(prefix + key)
		if inner.Kind() == reflect.Struct && ours(inner) {
			keys(inner, prefix+key+"::", add)
		}
	}
}

// written adds the keys of a configuration.
func written(value any, prefix string, add func(string)) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			add(prefix + key)
			written(inner, prefix+key+"::", add)
		}
	case []any:
		for _, inner := range value {
			written(inner, prefix, add)
		}
	}
}

// sections returns the sections of testdata/config.yaml.
func sections(t *testing.T, c component) map[string]any {
	t.Helper()
	conf, err := confmaptest.LoadConf(c.path(filepath.Join("testdata", "config.yaml")))
	require.NoError(t, err)
	return conf.ToStringMap()
}

// absent has keys that no configuration has. The sync refuses endpoint, because its own key is endpoints. The collector refuses
// dialer_middleware, unless a feature gate is on.
var absent = []string{"sync::endpoint", "sync::dialer_middleware", "dialer_middleware"}

func TestTestdataHasEveryKey(t *testing.T) {
	for _, c := range components() {
		t.Run(c.dir, func(t *testing.T) {
			there := map[string]bool{}
			for _, section := range sections(t, c) {
				written(section, "", func(key string) { there[key] = true })
			}
			var all, missing []string
			keys(reflect.TypeOf(c.defaults).Elem(), "", func(key string) {
				all = append(all, key)
				if there[key] == slices.Contains(absent, key) {
					missing = append(missing, key)
				}
			})
			assert.Greater(t, len(all), 40)
			assert.Empty(t, missing, "keys that testdata/config.yaml does not show")
		})
	}
}

// resolved combines our schema with the collector's schemas, which its modules ship.
func resolved(t *testing.T, c component) *jsonschema.Resolved {
	t.Helper()
	text, err := os.ReadFile(c.path("config.schema.yaml"))
	require.NoError(t, err)
	var document any
	require.NoError(t, yaml.Unmarshal(text, &document))
	text, err = json.Marshal(document)
	require.NoError(t, err)
	var s jsonschema.Schema
	require.NoError(t, json.Unmarshal(text, &s))
	r, err := s.Resolve(&jsonschema.ResolveOptions{
		BaseURI: "https://schemas/",
		Loader:  func(uri *url.URL) (*jsonschema.Schema, error) { return foreign(t, strings.TrimPrefix(uri.Path, "/")) },
	})
	require.NoError(t, err)
	return r
}

// foreign returns the schema of a type of another module, as go.opentelemetry.io/collector/config/confighttp.client_config.
func foreign(t *testing.T, ref string) (*jsonschema.Schema, error) {
	t.Helper()
	dot := strings.LastIndex(ref, ".")
	pkg, name := ref[:dot], ref[dot+1:]
	if simple, ok := map[string]string{"string": "string", "queue_batch_config": "object"}[name]; ok {
		return &jsonschema.Schema{Type: simple}, nil // the modules have no JSON schema for it
	}
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pkg, err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "config.schema.json"))
	if err != nil {
		return nil, err
	}
	var document jsonschema.Schema
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if document.Defs[name] == nil {
		return nil, fmt.Errorf("%s has no schema %s", pkg, name)
	}
	return document.Defs[name], nil
}

func TestTestdataMatchesTheSchema(t *testing.T) {
	for _, c := range components() {
		t.Run(c.dir, func(t *testing.T) {
			r := resolved(t, c)
			for name, section := range sections(t, c) {
				if section == nil {
					section = map[string]any{}
				}
				require.NoError(t, r.Validate(section), name)
			}
		})
	}
}

func TestSchemaRefusesWhatTheComponentRefuses(t *testing.T) {
	for _, c := range components() {
		r := resolved(t, c)
		for _, bad := range []map[string]any{
			{"endpoints": "localhost:9095"},
			{"telemetry": map[string]any{"optional": true}},
			{"telemetry": map[string]any{"optional_metrics": "some"}},
			{"limits": map[string]any{"concurrent_requests": "many"}},
		} {
			require.Error(t, r.Validate(bad), "%s: %v", c.dir, bad)
		}
		require.NoError(t, r.Validate(map[string]any{"limits": map[string]any{"concurrent_requests": 3}}))
	}
}

func TestNames(t *testing.T) {
	assert.Equal(t, "queue_batch_config", snake("QueueBatchConfig"))
	assert.Equal(t, "string", snake("String"))
}
