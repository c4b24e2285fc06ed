#!/usr/bin/env bash
# What can be known of the image and the manifests without a container engine; with one the image is built and asked.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${1:-target/release/daylight}
must() { echo "not so: $1" >&2; exit 1; }

# distroless/cc-debian12 has the C library 2.36, its loader and libgcc, and nothing else that a program loads.
needed=$(objdump -p "$binary" | awk '/NEEDED/ {print $2}')
for library in $needed; do
  case $library in
    libc.so.6 | libm.so.6 | libgcc_s.so.1 | ld-linux-*.so.*) ;;
    *) must "the base image has $library" ;;
  esac
done
newest=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
[ "$(printf '%s\nGLIBC_2.36\n' "$newest" | sort -V | tail -1)" = GLIBC_2.36 ] || must "the base image's C library has $newest"

# Every command that a file names, the program has; every setting in an environment is one.
for command in serve health; do "$binary" "$command" --help >/dev/null || must "daylight $command exists"; done
known=$("$binary" config | sed -n 's/^\[\(.*\)\]/\1/p; s/^\(# \)\{0,1\}\([a-z0-9_]*\) = .*/.\2/p' | awk '/^\./ {k = toupper((section ? section "_" : "") substr($0, 2)); print "DAYLIGHT_" k; next} {section = $0}')
for name in $(grep -ho 'DAYLIGHT_[A-Z0-9_]*' deploy/Dockerfile deploy/compose/compose.yaml deploy/kubernetes/daylight.yaml | sort -u); do
  grep -qx "$name" <<<"$known" || must "$name is a setting"
done

if python3 -c 'import yaml' 2>/dev/null; then
  python3 - <<'PY'
import yaml
compose = yaml.safe_load(open("deploy/compose/compose.yaml"))
assert compose["services"]["daylight"]["build"]["dockerfile"] == "deploy/Dockerfile"
kinds = {d["kind"]: d for d in yaml.safe_load_all(open("deploy/kubernetes/daylight.yaml"))}
assert set(kinds) == {"Service", "StatefulSet", "Ingress"}, kinds
pod = kinds["StatefulSet"]["spec"]["template"]["spec"]
assert kinds["StatefulSet"]["spec"]["replicas"] == 1, "one log has one writer"
assert pod["securityContext"]["runAsNonRoot"] and pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
for name in ["deploy/monitoring/alerts.yml", "deploy/monitoring/prometheus.yml"]:
    yaml.safe_load(open(name))
PY
else
  echo "skipped: python3-yaml is not installed; the manifests are not parsed" >&2
fi

if docker info >/dev/null 2>&1; then
  docker build --quiet --file deploy/Dockerfile --tag daylight:ci . >/dev/null
  docker run --rm daylight:ci --version
  docker image inspect --format '{{.Config.User}}' daylight:ci | grep -Eq 'nonroot|65532' || must "it does not run as root"
else
  echo "skipped: no container engine runs here; the image is not built" >&2
fi
echo "the program fits the base image, and the manifests name what there is"
