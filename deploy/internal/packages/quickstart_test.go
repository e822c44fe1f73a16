// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package packages

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

// block is a piece of a page: shell to type, or a file to write.
var block = regexp.MustCompile("(?s)\n```(sh|yaml)\n(.*?\n)```\n")

// step is what the text around a block says to do before it.
type step struct{ begins, before string }

var pages = map[string]struct {
	steps    []step
	files    []string // where the page's YAML goes
	incident string   // that is open at the end
	after    string
}{
	"quickstart-vm.md": {
		incident: "QuickstartTest:nowhere",
	},
	"quickstart-grafana.md": {
		steps:    []step{{"sudo sh -c '. /etc/otelcol-alert24/environment; umask 077", "mkdir -p /etc/grafana/provisioning/alerting\n"}},
		files:    []string{"/etc/grafana/provisioning/alerting/alert24.yaml"},
		incident: "Disk almost full",
	},
	"quickstart-mimir.md": {
		steps:    []step{{"umask 077", withTLS}, {"sudo systemctl restart otelcol-alert24", withSync}},
		files:    []string{"/tmp/sync.yaml"},
		incident: "QuickstartTest:nowhere",
		after:    "curl -fsS http://localhost:9096/api/v1/overview | grep -F '\"syncs\":[{\"source\":'\n",
	},
}

// withTLS does what keys.md says, with a certificate that is its own authority.
const withTLS = `
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=bridge.example.com \
	-addext subjectAltName=DNS:bridge.example.com -keyout /etc/otelcol-alert24/server.key -out ca.pem
cp ca.pem /etc/otelcol-alert24/server.pem
chmod 0600 /etc/otelcol-alert24/server.key
mkdir -p /etc/systemd/system/otelcol-alert24.service.d
sed -n '/^### TLS under systemd/,/^###/{/^\[Service\]/p;/^LoadCredential=/p}' "$PROJECT/docs/keys.md" >/etc/systemd/system/otelcol-alert24.service.d/override.conf
sed -i 's/^    # \(tls:\|  cert_file:\|  key_file:\)/    \1/' /etc/otelcol-alert24/collector-config.yaml
sed -i 's/^#ALERT24_LISTEN=.*/ALERT24_LISTEN=0.0.0.0:9095/' /etc/otelcol-alert24/environment
systemctl restart otelcol-alert24
`

// withSync replaces the commented block of the configuration by the one of the page.
const withSync = `
sed -i '1,/^  alertmanager:/d' /tmp/sync.yaml
awk '/^    # sync:/ { while ((getline line <"/tmp/sync.yaml") > 0) print line; old = 1; next } old && /^    #   / { next } { old = 0; print }' \
	/etc/otelcol-alert24/collector-config.yaml >/tmp/with-sync.yaml
cat /tmp/with-sync.yaml >/etc/otelcol-alert24/collector-config.yaml
(set -a; . /etc/otelcol-alert24/environment; otelcol-alert24 validate --config /etc/otelcol-alert24/collector-config.yaml)
`

// Each quickstart is followed to the letter on a copy of this machine, with the sandbox in place of Alert24.
func TestQuickstarts(t *testing.T) {
	alertmanager, amtool := os.Getenv("ALERTMANAGER"), os.Getenv("AMTOOL")
	if alertmanager == "" {
		machine.Unable(t, "ALERTMANAGER and AMTOOL are not set: `make test-deploy` does it")
	}
	require.FileExists(t, alertmanager)
	require.FileExists(t, amtool)
	project, err := filepath.Abs(projectRoot)
	require.NoError(t, err)
	pkg := deb(t, "0.1.0", func(o *Options) { o.Compression = "none" })
	env := []string{"PACKAGE=" + pkg, "PROJECT=" + project, "AMTOOL=" + amtool, "ALERTMANAGER=" + alertmanager}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			m := machine.Copy(t)
			out, err := m.Script(t, env, shims+begin+typed(t, name)+end(page.incident)+page.after).CombinedOutput()
			logs := m.Run(t, "/bin/sh", "-c", "tail -n 40 /tmp/bridge.log /tmp/alertmanager.log /reader/sandbox.log; exit 0")
			require.NoError(t, err, "%s\n%s", out, logs)
			_, incidents, found := strings.Cut(string(out), "INCIDENTS: ")
			require.True(t, found, "%s", out)
			assert.Contains(t, incidents, page.incident)
			assert.Contains(t, incidents, "alert24tool-check:", "the incidents of check")
		})
	}
}

var begin = `
mkdir /reader
cd /reader
dpkg-deb -x "$PACKAGE" sandbox
cp "$PACKAGE" otelcol-alert24_0.1.0+c0ec49d39_amd64.deb
sandbox/usr/bin/alert24tool sandbox --listen 127.0.0.1:8024 --api-key ak_live_your_key >sandbox.log 2>&1 &
` + sandboxListens + `set -x
`

var sandboxListens = listens("8024/")

// listens waits until a server answers at this port and path.
func listens(at string) string {
	return "curl -fsS --retry 30 --retry-delay 1 --retry-connrefused -o /dev/null http://localhost:" + at + "\n"
}

func end(incident string) string {
	return `
incidents() { curl -fsS -H 'Authorization: Bearer ak_live_your_key' 'http://localhost:8024/api/v1/incidents?limit=100'; }
for _ in $(seq 120); do incidents | grep -q "` + incident + `" && break; sleep 0.5; done
set +x
. /etc/otelcol-alert24/environment
if grep -e "$ALERT24_API_KEY" -e "$ALERT24_WEBHOOK_TOKEN" /tmp/sudo.arguments; then echo "sudo logs a secret" >&2; exit 1; fi
if [ ! -e /tmp/watched ]; then echo "nothing watches the bridge" >&2; exit 1; fi
echo "INCIDENTS: $(incidents)"
`
}

// typed is what somebody who follows a page types.
func typed(t *testing.T, name string) string {
	t.Helper()
	var script strings.Builder
	text, page := readFile(t, "docs", name), pages[name]
	if name != "quickstart-vm.md" {
		require.Contains(t, text, "Follow steps 1, 2 and 4 of [the quickstart for a VM](quickstart-vm.md)")
		sections := strings.Split(readFile(t, "docs", "quickstart-vm.md"), "\n## ")
		text = sections[1] + sections[2] + sections[4] + text
	}
	done := map[string]bool{}
	for _, found := range block.FindAllStringSubmatch(text, -1) {
		language, what := found[1], found[2]
		for _, s := range page.steps {
			if strings.HasPrefix(what, s.begins) {
				script.WriteString(s.before)
				done[s.begins] = true
			}
		}
		switch {
		case language == "yaml":
			require.NotEmpty(t, page.files, "a file that the test does not know")
			script.WriteString("cat >" + page.files[0] + " <<'FILE'\n" + what + "FILE\n")
			page.files = page.files[1:]
		case strings.HasPrefix(what, "sudo rpm "): // no Fedora here
		default:
			script.WriteString(what)
		}
	}
	assert.Empty(t, page.files)
	assert.Len(t, done, len(page.steps), "each preparation is for a command of the page")
	return script.String()
}

// The README's own steps are followed in one shell, with programs that are built already and a yes to the question of check.
func TestSetUpOfTheREADME(t *testing.T) {
	_, steps, found := strings.Cut(readFile(t, "README.md"), "\n## Set it up\n")
	require.True(t, found)
	steps, _, _ = strings.Cut(steps, "\n## ")
	var script strings.Builder
	script.WriteString(shims + `
mkdir /reader
cd /reader
ln -s "$PROGRAMS" build
cp "$PROJECT/collector-config.yaml" .
build/alert24tool sandbox --listen 127.0.0.1:8024 --api-key ak_live_your_key >sandbox.log 2>&1 &
` + sandboxListens + `
export ALERT24_ENDPOINT=http://localhost:8024/api/v1 HOME=/reader
`)
	// On a busy machine, the bridge may start more slowly than check asks the sandbox.
	wait := strings.NewReplacer("build/alert24tool test-alert ", listens("9095/-/ready")+"build/alert24tool test-alert ")
	for _, typed := range block.FindAllStringSubmatch(steps, -1) {
		if typed[1] == "sh" {
			script.WriteString(wait.Replace(typed[2]))
		}
	}
	project, err := filepath.Abs(projectRoot)
	require.NoError(t, err)
	env := []string{"PROGRAMS=" + machine.Programs(t), "PROJECT=" + project, "AMTOOL=/bin/true", "ALERTMANAGER=/bin/true"}
	out, err := machine.Copy(t).Script(t, env, script.String()+"\n[ \"$(cat webhook-token)\" = \"$ALERT24_WEBHOOK_TOKEN\" ]\n").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "incident closed")
}
