// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package certtest

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A certificate is valid for both sides of a connection, but only for its own authority.
func TestIssue(t *testing.T) {
	ours, other := New(t, t.TempDir()), New(t, t.TempDir())
	id := ours.Issue(t, t.TempDir(), "server")
	loaded, err := tls.LoadX509KeyPair(id.CertFile, id.KeyFile)
	require.NoError(t, err)
	assert.Equal(t, id.Pair.Certificate, loaded.Certificate)
	for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		verify := func(a *Authority) error {
			roots := x509.NewCertPool()
			roots.AddCert(a.cert)
			_, err := id.Pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1", KeyUsages: []x509.ExtKeyUsage{use}})
			return err
		}
		require.NoError(t, verify(ours))
		require.Error(t, verify(other))
	}
}
