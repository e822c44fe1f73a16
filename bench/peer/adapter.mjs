// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// The adapter that a user would write instead of running the bridge, for `make bench` to compare with: one awaited API
// call per alert, over connections that are kept alive, with the ids of open incidents remembered in memory. It is as
// fast as that design allows; it keeps nothing on disk and retries nothing.
//
// Usage: node adapter.mjs ENDPOINT KEY. It listens on a free port of the loopback and prints it.

import http from "node:http";

const [endpoint, key] = process.argv.slice(2);
const base = new URL(endpoint);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024 });
const severities = { critical: "critical", warning: "high", info: "low" };
const ids = new Map(); // alias -> id of the open incident

function call(method, path, payload) {
  const body = Buffer.from(JSON.stringify(payload));
  return new Promise((resolve, reject) => {
    const request = http.request({
      agent, method, host: base.hostname, port: base.port, path: base.pathname + path,
      headers: { "Authorization": `Bearer ${key}`, "Content-Type": "application/json", "Content-Length": body.length },
    }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode >= 300) {
          reject(new Error(`Alert24 answered ${response.statusCode}`));
          return;
        }
        resolve(JSON.parse(Buffer.concat(chunks)).data);
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function handle(alert) {
  const { labels, annotations } = alert;
  const alias = `${labels.alertname}:${labels.instance}`;
  const id = ids.get(alias);
  if (alert.status === "resolved") {
    if (id !== undefined) {
      await call("PUT", `/incidents/${id}`, { status: "resolved", resolved_at: alert.endsAt });
      ids.delete(alias);
    }
    return;
  }
  const incident = {
    title: annotations.summary ?? labels.alertname,
    description: annotations.description ?? "",
    severity: severities[labels.severity] ?? "medium",
    alias, labels, source: "prometheus",
  };
  if (id === undefined) {
    ids.set(alias, (await call("POST", "/incidents", incident)).id);
  } else {
    await call("PUT", `/incidents/${id}`, incident);
  }
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    try {
      for (const alert of JSON.parse(Buffer.concat(chunks)).alerts) {
        await handle(alert);
      }
      response.writeHead(200).end();
    } catch (err) {
      response.writeHead(503).end(String(err.message));
    }
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
