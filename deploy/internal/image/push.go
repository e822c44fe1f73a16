// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Push sends the image of an OCI layout that WriteLayout wrote to a registry, and returns its digest.
func Push(ctx context.Context, dir, reference string, login authn.Authenticator) (string, error) {
	ref, err := name.NewTag(reference)
	if err != nil {
		return "", fmt.Errorf("name the image: %w", err)
	}
	outer, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return "", fmt.Errorf("read the image: %w", err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil {
		return "", fmt.Errorf("read the image: %w", err)
	}
	if n := len(manifest.Manifests); n != 1 {
		return "", fmt.Errorf("read the image: %s holds %d, not one", dir, n)
	}
	index, err := outer.ImageIndex(manifest.Manifests[0].Digest)
	if err != nil {
		return "", fmt.Errorf("read the image: %w", err)
	}
	if err := remote.WriteIndex(ref, index, remote.WithContext(ctx), remote.WithAuth(login)); err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	return manifest.Manifests[0].Digest.String(), nil
}
