// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package packages

// shims stand in for what this machine does not have: a running systemd, Debian's Alertmanager, and a user who needs sudo.
const shims = `
mkdir -p /shims
cat >/shims/sudo <<'END'
#!/bin/sh
printf '%s\n' "$*" >>/tmp/sudo.arguments # which sudo logs
exec "$@"
END
cat >/shims/sudoedit <<'END'
#!/bin/sh
# The reader writes the key. The sandbox is in place of Alert24.
set -eu
[ "$1" = /etc/otelcol-alert24/environment ]
sed -i 's/^ALERT24_API_KEY=$/ALERT24_API_KEY=ak_live_your_key/' "$1"
echo ALERT24_ENDPOINT=http://localhost:8024/api/v1 >>"$1"
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
	/shims/start-bridge
	;;
"restart otelcol-alert24")
	pid=$(cat /tmp/bridge.pid)
	kill "$pid"
	while readlink "/proc/$pid/exe" >/dev/null; do sleep 0.1; done
	/shims/start-bridge
	curl -sS --retry 30 --retry-delay 1 --retry-connrefused -o /dev/null http://localhost:9095/ # the page has other steps meanwhile
	;;
"reload prometheus-alertmanager")
	setpriv --reuid=prometheus --regid=prometheus --clear-groups -- \
		/shims/alertmanager --config.file=/etc/prometheus/alertmanager.yml --storage.path=/tmp/alertmanager --cluster.listen-address= >/tmp/alertmanager.log 2>&1 &
	curl -fsS --retry 30 --retry-delay 1 --retry-connrefused http://localhost:9093/-/ready
	;;
daemon-reload) ;;
"reload prometheus")
	test -r /etc/prometheus/bridge-alerts.yml
	touch /tmp/watched
	;;
"restart grafana-server")
	# As Grafana: the contact point's URL and token, with a webhook that Grafana sent.
	file=$(sed -n 's/^EnvironmentFile=//p' /etc/systemd/system/grafana-server.service.d/*.conf)
	[ "$(stat -c %a "$file")" = 600 ]
	. "$file"
	point=/etc/grafana/provisioning/alerting/alert24.yaml
	eval "token=$(sed -n 's/^ *authorization_credentials: //p' $point)"
	curl -fsS -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
		--data-binary "@$PROJECT/testdata/webhooks/grafana-12.3/001-firing.json" "$(sed -n 's/^ *url: //p' $point)"
	;;
*)
	echo "systemctl $*: no such command in this test" >&2
	exit 1
	;;
esac
END
cat >/shims/start-bridge <<'END'
#!/bin/sh
# As the unit with its drop-ins: the environment, the credentials, and a user of its own.
set -eu
export CREDENTIALS_DIRECTORY=/run/credentials/otelcol-alert24.service
install -d -m 0500 -o 61999 -g 61999 "$CREDENTIALS_DIRECTORY"
cat /etc/systemd/system/otelcol-alert24.service.d/*.conf 2>/dev/null | sed -n 's/^LoadCredential=//p' | while IFS=: read -r name path; do
	install -m 0400 -o 61999 -g 61999 "$path" "$CREDENTIALS_DIRECTORY/$name"
done
set -a
. /etc/otelcol-alert24/environment
setpriv --reuid=61999 --regid=61999 --clear-groups --no-new-privs -- \
	$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/otelcol-alert24.service) >>/tmp/bridge.log 2>&1 &
echo $! >/tmp/bridge.pid
END
cat >/shims/mimirtool <<'END'
#!/bin/sh
# As Mimir: it takes the tenant's rules and configuration, refuses files in that, and sends with it.
set -eu
[ "$4 $5" = "--address=http://mimir.example.com:9009 --id=my-tenant" ]
if [ "$1 $2" = "rules load" ]; then
	test -r "$3"
	touch /tmp/watched
	exit 0
fi
[ "$1 $2" = "alertmanager load" ]
! grep _file: "$3"
/shims/amtool check-config "$3"
/shims/alertmanager --config.file="$3" --storage.path=/tmp/alertmanager --cluster.listen-address= \
	--web.listen-address=:9009 --web.external-url=http://mimir.example.com:9009/alertmanager >/tmp/alertmanager.log 2>&1 &
curl -fsS --retry 30 --retry-delay 1 --retry-connrefused http://mimir.example.com:9009/alertmanager/-/ready
END
chmod +x /shims/*
ln -s "$AMTOOL" /shims/amtool
ln -s "$ALERTMANAGER" /shims/alertmanager
export PATH="/shims:$PATH"
useradd --system --user-group prometheus
echo 127.0.0.1 bridge.example.com mimir.example.com >>/etc/hosts
# As Debian's packages leave it: no /etc/alertmanager.
mkdir -p /etc/prometheus
echo '{route: {receiver: team}, receivers: [{name: team}]}' >/etc/prometheus/alertmanager.yml
`
