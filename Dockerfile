# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# The image for those who build with a container engine: docker build -t otelcol-alert24 .
# `make images` makes the released one, without an engine.
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN make programs-linux_$(go env GOARCH) && cp -r build/bin/linux_$(go env GOARCH) /programs && mkdir -m 0700 /state

FROM gcr.io/distroless/static-debian12:latest
COPY --from=build /programs/ /usr/bin/
COPY --from=build /src/collector-config.yaml /src/examples/kubernetes-alias-rules.yaml /etc/otelcol-alert24/
COPY --from=build /src/LICENSE /usr/share/otelcol-alert24/LICENSE
COPY --from=build --chown=10001:10001 /state /var/lib/otelcol-alert24
USER 10001:10001
WORKDIR /
ENV ALERT24_LISTEN=0.0.0.0:9095
ENV ALERT24_HEALTH_LISTEN=0.0.0.0:13133
ENV ALERT24_METRICS_HOST=0.0.0.0
EXPOSE 9095/tcp 8888/tcp 13133/tcp
VOLUME /var/lib/otelcol-alert24
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/otelcol-alert24"]
CMD ["--config","/etc/otelcol-alert24/collector-config.yaml"]
