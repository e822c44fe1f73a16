// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
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
)

type extensionHost map[component.ID]component.Component

func (h extensionHost) GetExtensions() map[component.ID]component.Component { return h }

// TestMutualTLSAndRotatedTokens: only a sender with a certificate of our authority and one of the tokens of the file
// gets in, and the tokens change while the receiver runs.
func TestMutualTLSAndRotatedTokens(t *testing.T) {
	dir := t.TempDir()
	authority := newAuthority(t)
	serverCert := authority.issue(t, dir, "server")
	clientCert := authority.issue(t, dir, "client")
	stranger := newAuthority(t).issue(t, t.TempDir(), "stranger")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.pem"), authority.pem, 0o600))
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
		ClientCAFile: filepath.Join(dir, "ca.pem"),
		Config:       configtls.Config{CertFile: filepath.Join(dir, "server.pem"), KeyFile: filepath.Join(dir, "server.key")},
	})
	sink := new(consumertest.LogsSink)
	r := started(t, receivertest.NewNopSettings(metadata.Type), cfg, extensionHost{id: auth}, sink)

	assert.Equal(t, "server", serverCert.Leaf.Subject.CommonName)
	trusted := authority.client(clientCert)
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
		_, err := send(t, r, authority.client(certificates...), "https", good, http.Header{"Authorization": {"Bearer one"}})
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

// authority signs certificates for the loopback.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue writes name.pem and name.key to dir.
func (a *authority) issue(t *testing.T, dir, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".pem"), certPEM, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".key"), keyPEM, 0o600))
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	require.NoError(t, err)
	return pair
}

// client trusts the authority and shows certificates. It keeps no connections.
func (a *authority) client(certificates ...tls.Certificate) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: certificates, MinVersion: tls.VersionTLS13},
	}}
}
