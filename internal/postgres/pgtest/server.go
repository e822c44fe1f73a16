// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package pgtest runs a PostgreSQL server for tests, on its own socket and with temporary data. A test binary starts one in TestMain
// and gives each test a database. Start reading at Start.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/alert24/otelcol-alert24/internal/certtest"
)

const (
	// Password is the password of both roles. It needs escapes in a URL.
	Password = "s3cret/of@the:test"
	// Role owns the databases of tests, and has no other privileges.
	Role = "bridge"
	// nobody runs the server if the tester is root, because PostgreSQL refuses to run as root.
	nobody = 65534
)

// Server is a running PostgreSQL.
type Server struct {
	dir  string
	port int
	tls  certtest.Identity // for localhost
	cmd  *exec.Cmd
	life io.Closer // closing it stops the server; so does the end of this process

	bin, libraries string
	settings       []string
}

// Start makes a cluster and starts its server. settings are name=value pairs that override those for tests. The data does not survive a
// crash of the machine, because fsync is off.
func Start(settings ...string) (_ *Server, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	s := &Server{settings: settings}
	if s.bin, s.libraries, err = binaries(ctx); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	for _, step := range []func(ctx context.Context) error{s.reach, s.initialise, s.choosePort, s.launch, s.wait} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	err = s.Exec(ctx, "postgres", fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", Role, Password))
	return s, err
}

// reach makes sure that the server's user can run the programs. They may be in a home directory that only root can read.
func (s *Server) reach(ctx context.Context) error {
	if err := os.Chmod(s.dir, 0o755); err != nil { //nolint:gosec // another user's programs live in it
		return err
	}
	if s.command(ctx, filepath.Join(s.bin, "postgres"), "--version").Run() == nil {
		return nil
	}
	tree := filepath.Join(root(), ".tools", "postgresql")
	rel, err := filepath.Rel(tree, s.bin)
	if err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("the user %d cannot run %s", nobody, s.bin)
	}
	to := filepath.Join(s.dir, "programs")
	s.bin, s.libraries = filepath.Join(to, rel), filepath.Join(to, "lib")
	return os.CopyFS(to, os.DirFS(tree))
}

// command runs a program as the server's user.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // what the machine has
	cmd.Dir = s.dir
	cmd.Env = environment(s.libraries)
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

func (s *Server) initialise(ctx context.Context) error {
	data, password := filepath.Join(s.dir, "data"), filepath.Join(s.dir, "password")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(password, []byte(Password), 0o600); err != nil {
		return err
	}
	var err error
	if s.tls, err = certtest.SelfSigned(s.dir, "localhost"); err != nil {
		return err
	}
	for _, path := range []string{s.dir, data, password, s.tls.CertFile, s.tls.KeyFile} {
		if err := s.own(path); err != nil {
			return err
		}
	}
	out, err := s.command(ctx, filepath.Join(s.bin, "initdb"), "--pgdata="+data, "--username=postgres", "--pwfile="+password,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (s *Server) own(path string) error {
	if os.Getuid() != 0 {
		return nil
	}
	return os.Chown(path, nobody, nobody)
}

// choosePort finds a free port. A restarted server keeps it.
func (s *Server) choosePort(context.Context) (err error) {
	s.port, err = freePort()
	return err
}

func freePort() (int, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // returns at once
	if err != nil {
		return 0, err
	}
	return free.Addr().(*net.TCPAddr).Port, free.Close()
}

// Restart stops the server at once, as pg_ctl -m immediate does, and starts it again.
func (s *Server) Restart(ctx context.Context) error {
	_ = s.life.Close()
	_ = s.cmd.Wait() // the shell's exit code has no meaning
	if err := s.launch(ctx); err != nil {
		return err
	}
	return s.wait(ctx)
}

// launch starts the server under a shell that stops it when this process closes a pipe, or is killed.
func (s *Server) launch(ctx context.Context) error {
	args := []string{"-c", `"$@" >server.log 2>&1 & cat >/dev/null; kill -QUIT $!; wait`, "sh", filepath.Join(s.bin, "postgres"), "-D", "data", "-k", s.dir}
	for name, value := range map[string]string{
		"port": strconv.Itoa(s.port), "listen_addresses": "127.0.0.1", "fsync": "off", "max_connections": "100", "shared_buffers": "64MB",
		"ssl": "on", "ssl_cert_file": s.tls.CertFile, "ssl_key_file": s.tls.KeyFile,
		"max_wal_size": "4GB", "checkpoint_timeout": "1h", "log_statement": "none",
	} {
		args = append(args, "-c", name+"="+value)
	}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.cmd = s.command(context.WithoutCancel(ctx), "/bin/sh", args...)
	life, err := s.cmd.StdinPipe()
	if err != nil {
		return err
	}
	s.life = life
	return s.cmd.Start()
}

// wait waits until the server answers.
func (s *Server) wait(ctx context.Context) error {
	for {
		err := s.Exec(ctx, "postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "server.log"))
			return fmt.Errorf("PostgreSQL does not start: %w: %s", err, log)
		}
	}
}

// Stop stops the server, and removes its data.
func (s *Server) Stop() {
	if s.life != nil {
		_ = s.life.Close()
		_ = s.cmd.Wait() // the shell's exit code has no meaning
	}
	_ = os.RemoveAll(s.dir)
}

// Address returns the address of the server's TCP port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// CA returns the file with the certificate that clients must trust. The server's certificate is for localhost.
func (s *Server) CA() string { return s.tls.CertFile }

// URL returns the URL of a database over the socket, for Role.
func (s *Server) URL(database string) string { return s.url(Role, database) }

func (s *Server) url(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, Password), Path: "/" + database}
	u.RawQuery = url.Values{"host": {s.dir}, "port": {strconv.Itoa(s.port)}}.Encode()
	return u.String()
}

// TCP returns the URL of a database at an address, without TLS.
func TCP(address, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(Role, Password), Host: address, Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Exec runs statements as the superuser.
func (s *Server) Exec(ctx context.Context, database string, statements ...string) error {
	conn, err := s.Connect(ctx, database)
	if err != nil {
		return err
	}
	for _, sql := range statements {
		if _, err = conn.Exec(ctx, sql); err != nil {
			break
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

// Connect returns a connection of the superuser.
func (s *Server) Connect(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, s.url("postgres", database))
}
