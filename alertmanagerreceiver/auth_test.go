// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/certtest"
)

type extensionHost map[component.ID]component.Component

func (h extensionHost) GetExtensions() map[component.ID]component.Component { return h }

// TestMutualTLSAndRotatedTokens: a sender needs a certificate of our authority and one of the tokens in the file. The tokens change
// while the receiver runs.
func TestMutualTLSAndRotatedTokens(t *testing.T) {
	dir := t.TempDir()
	authority := certtest.New(t, dir)
	server := authority.Issue(t, dir, "server")
	trusted := authority.Client(authority.Issue(t, dir, "client").Pair)
	stranger := certtest.New(t, t.TempDir()).Issue(t, t.TempDir(), "stranger").Pair
	tokens := filepath.Join(dir, "tokens")
	require.NoError(t, os.WriteFile(tokens, []byte("one\ntwo\n"), 0o600))

	factory := bearertokenauthextension.NewFactory()
	authConfig := factory.CreateDefaultConfig().(*bearertokenauthextension.Config)
	authConfig.Filename = tokens
	auth, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), authConfig)
	require.NoError(t, err)
	require.NoError(t, auth.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, auth.Shutdown(context.WithoutCancel(t.Context()))) })

	id := component.NewID(factory.Type())
	cfg := localConfig()
	cfg.ServerConfig.Auth = configoptional.Some(confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: id}})
	cfg.ServerConfig.TLS = configoptional.Some(configtls.ServerConfig{
		ClientCAFile: authority.File,
		Config:       configtls.Config{CertFile: server.CertFile, KeyFile: server.KeyFile},
	})
	sink := new(consumertest.LogsSink)
	r := started(t, receivertest.NewNopSettings(metadata.Type), cfg, extensionHost{id: auth}, sink)

	assert.Equal(t, "server", server.Pair.Leaf.Subject.CommonName)
	status := func(t require.TestingT, token string) int {
		header := http.Header{}
		if token != "" {
			header.Set("Authorization", "Bearer "+token)
		}
		code, err := send(t, r, trusted, "https", good, header)
		require.NoError(t, err)
		return code
	}
	assert.Equal(t, http.StatusUnauthorized, status(t, ""))
	assert.Equal(t, http.StatusUnauthorized, status(t, "three"))
	assert.Zero(t, sink.LogRecordCount())
	assert.Equal(t, http.StatusOK, status(t, "one"))
	assert.Equal(t, http.StatusOK, status(t, "two"))
	assert.Equal(t, 2, sink.LogRecordCount())

	for name, certificates := range map[string][]tls.Certificate{"no certificate": nil, "a stranger's certificate": {stranger}} {
		_, err := send(t, r, authority.Client(certificates...), "https", good, http.Header{"Authorization": {"Bearer one"}})
		require.ErrorContains(t, err, "tls: ", name)
	}
	assert.Equal(t, 2, sink.LogRecordCount())

	require.NoError(t, os.WriteFile(tokens, []byte("two\nthree\n"), 0o600))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, http.StatusOK, status(c, "three"))
		assert.Equal(c, http.StatusUnauthorized, status(c, "one"))
	}, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, http.StatusOK, status(t, "two"), "the token that stayed works throughout")
}

// openListener has an address that others on the network reach.
type openListener struct{ net.Listener }

func (openListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: 9095} }

func TestProtectedEndpointIsNotWarnedOf(t *testing.T) {
	for name, protect := range map[string]func(*Config){
		"auth": func(c *Config) { c.ServerConfig.Auth = configoptional.Some(confighttp.AuthConfig{}) },
		"hmac": func(c *Config) { c.HMAC = configoptional.Some(HMACConfig{}) },
		"tls::client_ca_file": func(c *Config) {
			c.ServerConfig.TLS = configoptional.Some(configtls.ServerConfig{ClientCAFile: "clients.pem"})
		},
	} {
		set, logged := observed()
		r := &alertmanagerReceiver{cfg: defaultConfig(), set: set, listener: openListener{}}
		r.warnIfOpen()
		assert.Equal(t, 1, logged.Len())
		protect(r.cfg)
		r.warnIfOpen()
		assert.Equal(t, 1, logged.Len(), name)
	}
}
