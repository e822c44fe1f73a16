// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package certtest makes certificates for tests of TLS.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Authority signs certificates for the loopback.
type Authority struct {
	File string // its own certificate
	cert *x509.Certificate
	key  any
}

// Identity is a certificate and its key.
type Identity struct {
	CertFile, KeyFile string
	Pair              tls.Certificate
}

// New makes an authority and writes its certificate to dir.
func New(t *testing.T, dir string) *Authority {
	t.Helper()
	id, err := write(dir, "authority", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	require.NoError(t, err)
	return &Authority{File: id.CertFile, cert: id.Pair.Leaf, key: id.Pair.PrivateKey}
}

// Issue signs a certificate for both sides of a connection, and writes it and its key to dir.
func (a *Authority) Issue(t *testing.T, dir, name string) Identity {
	t.Helper()
	id, err := write(dir, name, &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a)
	require.NoError(t, err)
	return id
}

// SelfSigned makes a server's certificate that is its own authority, and writes it and its key to dir.
func SelfSigned(dir, host string) (Identity, error) {
	return write(dir, host, &x509.Certificate{
		DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}, nil)
}

// write completes a template, signs it, by itself if there is no authority, and writes the certificate and its key to dir.
func write(dir, name string, template *x509.Certificate, by *Authority) (Identity, error) {
	id := Identity{CertFile: filepath.Join(dir, name+".pem"), KeyFile: filepath.Join(dir, name+".key")}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return id, err
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if by == nil {
		by = &Authority{cert: template, key: key}
	}
	der, certErr := x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key)
	pkcs8, keyErr := x509.MarshalPKCS8PrivateKey(key)
	if err := errors.Join(certErr, keyErr); err != nil {
		return id, err
	}
	if err := errors.Join(writePEM(id.CertFile, "CERTIFICATE", der), writePEM(id.KeyFile, "PRIVATE KEY", pkcs8)); err != nil {
		return id, err
	}
	id.Pair, err = tls.LoadX509KeyPair(id.CertFile, id.KeyFile)
	return id, err
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// Client returns a client that trusts the authority and shows certificates. It keeps no connections.
func (a *Authority) Client(certificates ...tls.Certificate) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: a.pool(), Certificates: certificates, MinVersion: tls.VersionTLS13},
	}}
}

// ServerTLS returns the configuration of a server that serves only clients with a certificate of the authority.
func (a *Authority) ServerTLS(server Identity) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{server.Pair}, ClientCAs: a.pool(), ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
	}
}

func (a *Authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}
