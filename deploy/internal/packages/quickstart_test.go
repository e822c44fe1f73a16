// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package packages

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

// shims stand in for what this machine does not have: a running systemd, and a user who needs sudo.
const shims = `
mkdir -p /shims
cat >/shims/sudo <<'END'
#!/bin/sh
exec "$@"
END
cat >/shims/systemctl <<'END'
#!/bin/sh
set -eu
case $* in
"enable --now otelcol-alert24")
	/usr/bin/systemctl enable otelcol-alert24
	mkdir -p /var/lib/private/otelcol-alert24
	chown 61999:61999 /var/lib/private/otelcol-alert24
	chmod 0755 /var/lib/private
	ln -s private/otelcol-alert24 /var/lib/otelcol-alert24
	set -a
	. /etc/otelcol-alert24/environment
	setpriv --reuid=61999 --regid=61999 --clear-groups --no-new-privs -- \
		$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/otelcol-alert24.service) >/tmp/bridge.log 2>&1 &
	;;
"reload prometheus-alertmanager")
	setpriv --reuid=prometheus --regid=prometheus --clear-groups -- \
		/shims/alertmanager --config.file=/etc/alertmanager/alertmanager.yml --storage.path=/tmp/alertmanager --cluster.listen-address= >/tmp/alertmanager.log 2>&1 &
	curl -fsS --retry 30 --retry-delay 1 --retry-all-errors http://localhost:9093/-/ready
	;;
*)
	echo "systemctl $*: no such command in this test" >&2
	exit 1
	;;
esac
END
cat >/shims/alert24tool <<'END'
#!/bin/sh
exec /usr/bin/alert24tool "$@" $([ "$1" = test-alert ] && [ -n "$NO_PAGE" ] && echo --status=)
END
chmod +x /shims/*
ln -s "$AMTOOL" /shims/amtool
ln -s "$ALERTMANAGER" /shims/alertmanager
export PATH="/shims:$PATH"
useradd --system --user-group prometheus
mkdir -p /etc/alertmanager
`

var fence = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// The quickstart is followed to the letter on a copy of this machine, with the sandbox in place of Alert24.
func TestQuickstart(t *testing.T) {
	m, pkg := machine.Copy(t), deb(t, "0.1.0", func(o *Options) { o.Compression = "none" })
	alertmanager, amtool := os.Getenv("ALERTMANAGER"), os.Getenv("AMTOOL")
	if alertmanager == "" && os.Getenv(machine.RequiredEnv) != "required" {
		t.Skip("ALERTMANAGER and AMTOOL are not set: `make test-deploy` does it")
	}
	require.FileExists(t, alertmanager)
	require.FileExists(t, amtool)

	var script strings.Builder
	script.WriteString(shims)
	script.WriteString("/usr/bin/dpkg-deb -x " + pkg + " /tmp/sandbox\ncd /tmp\n" +
		"cp " + pkg + " otelcol-alert24_0.1.0_amd64.deb\n" +
		"/tmp/sandbox/usr/bin/alert24tool sandbox --listen 127.0.0.1:8024 --api-key ak_live_your_key >/tmp/sandbox.log 2>&1 &\nset -x\n")
	blocks := fence.FindAllStringSubmatch(readFile(t, "docs", "quickstart-vm.md"), -1)
	require.Len(t, blocks, 9)
	elsewhere := 0
	for _, block := range blocks {
		switch text := block[1]; {
		case strings.HasPrefix(text, "sudo rpm "): // no Fedora here
			elsewhere++
		case strings.Contains(text, "amtool check-config"):
			// "Take the route and the receiver alert24 into your alertmanager.yml."
			script.WriteString("cp /usr/share/otelcol-alert24/examples/alertmanager.yml /etc/alertmanager/\n" + text)
		case strings.HasPrefix(text, "sudo sed "):
			script.WriteString(text + "echo ALERT24_ENDPOINT=http://localhost:8024/api/v1 >>/etc/otelcol-alert24/environment\n")
		default:
			script.WriteString(text)
		}
	}
	assert.Equal(t, 1, elsewhere)
	script.WriteString(`
incidents() { curl -fsS -H 'Authorization: Bearer ak_live_your_key' 'http://localhost:8024/api/v1/incidents?limit=100'; }
for _ in $(seq 60); do incidents | grep -q QuickstartTest:nowhere && break; sleep 0.5; done
set +x
echo "INCIDENTS: $(incidents)"
`)
	noPage := "yes"
	if strings.Contains(readFile(t, "collector-config.yaml"), "ALERT24_STATUS_LISTEN") {
		noPage = ""
	}
	out, err := m.Script(t, []string{"AMTOOL=" + amtool, "ALERTMANAGER=" + alertmanager, "NO_PAGE=" + noPage}, script.String()).CombinedOutput()
	printed := string(out)
	bridge := m.Run(t, "/bin/sh", "-c", "tail -n 40 /tmp/bridge.log /tmp/alertmanager.log; exit 0")
	require.NoError(t, err, "%s\n%s", printed, bridge)
	_, incidents, found := strings.Cut(printed, "INCIDENTS: ")
	require.True(t, found, printed)
	assert.Contains(t, incidents, "QuickstartTest:nowhere", bridge)
	assert.Contains(t, incidents, "alert24tool", "the incidents of check")
}
