// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package packages

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

const (
	unitFile    = "/usr/lib/systemd/system/otelcol-alert24.service"
	wants       = "/etc/systemd/system/multi-user.target.wants/otelcol-alert24.service"
	settings    = "/etc/otelcol-alert24"
	environment = settings + "/environment"
	state       = "/var/lib/private/otelcol-alert24"
	token       = "webhook-token-of-this-test"
	someone     = 61999 // as DynamicUser chooses one
	edited      = "# edited by a person\n"
)

// installed is a machine with the package, and how the bridge on it is reached.
type installed struct {
	*machine.Machine

	webhooks, metrics, health string
}

// deb is a package of the built programs.
func deb(t *testing.T, version string, changes func(*Options)) string {
	t.Helper()
	o := pretend(t)
	o.Bin, o.Arch, o.Version = machine.Programs(t), runtime.GOARCH, version
	if changes != nil {
		changes(&o)
	}
	path, err := Build(o, "deb")
	require.NoError(t, err)
	return path
}

// A package is installed, used, upgraded, removed and purged by Debian's own dpkg.
func TestDebian(t *testing.T) {
	m := installed{Machine: machine.Copy(t)}
	m.Run(t, "/usr/bin/dpkg", "--install", deb(t, "0.1.0", nil))

	t.Run("installed", m.isInstalled)
	t.Run("scripts", m.scriptsAskSystemd)
	t.Run("unit", m.unitIsSound)
	t.Run("without a key", m.refusesToStart)
	t.Run("with a key", m.takesWebhooks)
	t.Run("with a key file", m.keyFile)
	t.Run("upgrade", m.upgrade)
	t.Run("removal", m.remove)
	t.Run("purge", m.purge)
}

func (m *installed) isInstalled(t *testing.T) {
	assert.Equal(t, "install ok installed 0.1.0", m.Run(t, "/usr/bin/dpkg-query", "-W", "-f", "${Status} ${Version}", Name))
	assert.Empty(t, m.Run(t, "/usr/bin/find", "/etc/systemd", "-name", "otelcol-alert24*"), "installing starts nothing, now or at boot")
	for path, want := range map[string]string{
		environment:                                            "640 root:root",
		settings + "/collector-config.yaml":                    "644 root:root",
		"/usr/bin/otelcol-alert24":                             "755 root:root",
		"/usr/bin/alert24tool":                                 "755 root:root",
		unitFile:                                               "644 root:root",
		"/usr/share/man/man1/alert24tool.1.gz":                 "644 root:root",
		"/usr/share/man/man8/otelcol-alert24.8.gz":             "644 root:root",
		"/usr/share/otelcol-alert24/LICENSE":                   "644 root:root",
		"/usr/share/otelcol-alert24/sbom.cdx.json":             "644 root:root",
		"/usr/share/otelcol-alert24/examples/alertmanager.yml": "644 root:root",
	} {
		assert.Equal(t, want, strings.TrimSpace(m.Run(t, "/usr/bin/stat", "-c", "%a %U:%G", path)), path)
	}
	conffiles := m.Run(t, "/usr/bin/dpkg-query", "-W", "-f", "${Conffiles}", Name)
	for _, file := range []string{"collector-config.yaml", "environment", "kubernetes-alias-rules.yaml"} {
		assert.Contains(t, conffiles, settings+"/"+file)
	}
	assert.Equal(t, readFile(t, "collector-config.yaml"), m.Run(t, "/bin/cat", settings+"/collector-config.yaml"))
	assert.Empty(t, m.Run(t, "/usr/bin/dpkg", "--verify", Name))
	_, manual, _ := strings.Cut(readFile(t, "deploy", "packages", "alert24tool.1"), ".SH COMMANDS")
	manual, _, _ = strings.Cut(manual, ".SH EXIT STATUS")
	help := m.Run(t, "/usr/bin/alert24tool", "--help")
	commands := regexp.MustCompile(`(?m)^\.TP\n\.B (\S+)$`).FindAllStringSubmatch(manual, -1)
	assert.NotEmpty(t, commands)
	for _, command := range commands {
		assert.Contains(t, help, "\n  "+command[1]+" ", "the manual's commands are the program's")
	}
}

// Installing starts nothing. An upgrade restarts a bridge that runs, and a removal stops it.
func (m *installed) scriptsAskSystemd(t *testing.T) {
	asked := func(script string, args ...string) string {
		return m.Run(t, append([]string{"/bin/sh", "-euc", `
mkdir -p /run/systemd/system /shims
printf '#!/bin/sh\necho "$@"\n' >/shims/systemctl
chmod +x /shims/systemctl
script=$1
shift
PATH=/shims:$PATH "/var/lib/dpkg/info/otelcol-alert24.$script" "$@"
rm /shims/systemctl
rmdir --ignore-fail-on-non-empty /run/systemd/system`, "sh", script}, args...)...)
	}
	assert.Equal(t, "daemon-reload\n", asked("postinst", "configure", ""))
	assert.Equal(t, "daemon-reload\ntry-restart otelcol-alert24.service\n", asked("postinst", "configure", "0.1.0"))
	assert.Empty(t, asked("prerm", "upgrade", "0.2.0"))
	assert.Equal(t, "stop otelcol-alert24.service\n", asked("prerm", "remove"))
	assert.Equal(t, "daemon-reload\n", asked("postrm", "remove"))
}

func (m *installed) unitIsSound(t *testing.T) {
	assert.Empty(t, m.Run(t, "/usr/bin/systemd-analyze", "verify", "--man=no", unitFile))
	// 15 is an exposure of 1.5 of 10, which systemd calls OK.
	printed := m.Run(t, "/usr/bin/systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", unitFile)
	assert.Contains(t, printed, "Overall exposure level for otelcol-alert24.service")
	m.Run(t, "/usr/bin/systemctl", "--root=/", "enable", "otelcol-alert24")
	assert.Equal(t, unitFile, strings.TrimSpace(m.Run(t, "/usr/bin/readlink", "-f", wants)))
}

// start runs the bridge as the unit says: its command, environment and directory, and a user of its own.
func (m *installed) start(t *testing.T) *machine.Process {
	t.Helper()
	u := parseUnit(t, m.Run(t, "/bin/cat", unitFile))
	require.Equal(t, "yes", u.one(t, "DynamicUser"))
	require.Equal(t, environment, u.one(t, "EnvironmentFile"))
	// What systemd does for DynamicUser and StateDirectory.
	directory := u.one(t, "StateDirectory")
	m.Run(t, "/bin/sh", "-euc", `
mkdir -p -m 0700 /var/lib/private
mkdir -p "/var/lib/private/$1" && chmod "$2" "/var/lib/private/$1" && chown -R "$3:$3" "/var/lib/private/$1"
chmod 0755 /var/lib/private # systemd mounts the directory into the unit's own view instead
ln -sfn "private/$1" "/var/lib/$1"`, "sh", directory, u.one(t, "StateDirectoryMode"), "61999")
	command := append([]string{"/usr/bin/setpriv", "--no-new-privs", "--"}, strings.Fields(u.one(t, "ExecStart"))...)
	return machine.Start(t, m.Command(t, someone, m.environment(t), command...))
}

// environment is what the unit gives the bridge.
func (m *installed) environment(t *testing.T) []string {
	t.Helper()
	return parseUnit(t, m.Run(t, "/bin/cat", unitFile)).environment(t, m.Run(t, "/bin/cat", environment))
}

// As installed, the file has no key: the bridge says what is missing.
func (m *installed) refusesToStart(t *testing.T) {
	p := m.start(t)
	require.Error(t, p.Wait(t))
	assert.Contains(t, p.Log(), "exporters::alert24: api_key: required")
}

func (m *installed) takesWebhooks(t *testing.T) {
	m.webhooks, m.metrics, m.health = machine.Port(t), machine.Port(t), machine.Port(t)
	m.Write(t, environment, strings.Join([]string{
		"# of a test", "ALERT24_API_KEY=ak_live_of_this_test", "ALERT24_WEBHOOK_TOKEN=" + token, "ALERT24_LISTEN=localhost:" + m.webhooks,
		"ALERT24_METRICS_PORT=" + m.metrics, "ALERT24_HEALTH_LISTEN=localhost:" + m.health, "ALERT24_STATUS_LISTEN=localhost:0", "ALERT24_ENDPOINT=http://localhost:1/api/v1", "",
	}, "\n"), "0640")
	m.Run(t, "/bin/sh", "-euc", `printf %s "$1" >>"$2"`, "sh", edited, settings+"/collector-config.yaml")
	p := m.ready(t)
	url := "http://localhost:" + m.webhooks + "/alertmanager"
	assert.Equal(t, http.StatusUnauthorized, machine.Post(t, url, "", machine.Webhook))
	assert.Equal(t, http.StatusOK, machine.Post(t, url, token, machine.Webhook))
	p.Stop(t)
	assert.Contains(t, m.Run(t, "/usr/bin/find", state, "-type", "f", "-size", "+0"), state, "the alert is on disk")
}

// ready starts the bridge, and waits until it is ready and alive.
func (m *installed) ready(t *testing.T) *machine.Process {
	t.Helper()
	p := m.start(t)
	p.Answers(t, "http://localhost:"+m.webhooks+"/-/ready")
	p.Answers(t, "http://localhost:"+m.health+"/")
	return p
}

// Neither a new program nor a new configuration in the package touches what a person wrote, or the state.
func (m *installed) upgrade(t *testing.T) {
	before := m.Run(t, "/usr/bin/find", state, "-type", "f", "-exec", "sha256sum", "{}", "+")
	m.Run(t, "/usr/bin/dpkg", "--install", deb(t, "0.1.1", func(o *Options) { o.Compression = "none" }))
	m.Run(t, "/usr/bin/dpkg", "--force-confdef", "--force-confold", "--install", deb(t, "0.2.0", func(o *Options) {
		root := t.TempDir()
		require.NoError(t, os.CopyFS(filepath.Join(root, "deploy", "packages"), os.DirFS(filepath.Join(projectRoot, "deploy", "packages"))))
		require.NoError(t, os.CopyFS(filepath.Join(root, "examples"), os.DirFS(filepath.Join(projectRoot, "examples"))))
		for name, content := range map[string]string{"LICENSE": "", "collector-config.yaml": "# of the new version\n"} {
			require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(content+readFile(t, name)), 0o600))
		}
		o.Root, o.Compression = root, "none"
	}))
	assert.Equal(t, "0.2.0", m.Run(t, "/usr/bin/dpkg-query", "-W", "-f", "${Version}", Name))
	assert.Equal(t, readFile(t, "collector-config.yaml")+edited, m.Run(t, "/bin/cat", settings+"/collector-config.yaml"))
	assert.Contains(t, m.Run(t, "/bin/cat", settings+"/collector-config.yaml.dpkg-dist"), "# of the new version")
	assert.Contains(t, m.Run(t, "/bin/cat", environment), token)
	assert.Equal(t, "640", strings.TrimSpace(m.Run(t, "/usr/bin/stat", "-c", "%a", environment)))
	assert.Equal(t, before, m.Run(t, "/usr/bin/find", state, "-type", "f", "-exec", "sha256sum", "{}", "+"))
	p := m.ready(t)
	assert.Contains(t, machine.Read(t, "http://localhost:"+m.metrics+"/metrics"), "\notelcol_exporter_alert24_live_aliases{exporter=\"alert24\"} 1\n")
	p.Stop(t)
}

func (m *installed) remove(t *testing.T) {
	m.Run(t, "/usr/bin/dpkg", "--remove", Name)
	for _, gone := range []string{"/usr/bin/otelcol-alert24", "/usr/bin/alert24tool", unitFile} {
		m.Fails(t, "/usr/bin/test", "-e", gone)
	}
	m.Run(t, "/usr/bin/test", "-f", environment)
	assert.NotEmpty(t, m.Run(t, "/usr/bin/find", state, "-type", "f"))
}

func (m *installed) purge(t *testing.T) {
	m.Run(t, "/usr/bin/dpkg", "--purge", Name)
	for _, gone := range []string{settings, state, "/var/lib/otelcol-alert24", wants} {
		m.Fails(t, "/usr/bin/find", gone, "-maxdepth", "0")
	}
	m.Fails(t, "/usr/bin/dpkg-query", "-W", Name)
}
