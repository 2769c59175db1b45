#!/bin/sh
# Start sbt from its launcher, which Maven fetches from where it is set up to fetch from.
set -eu
cd "$(dirname "$0")"
version=$(sed -n 's/^sbt.version=//p' project/build.properties)
home=.sbt-launch
launcher=$home/sbt-launch-$version.jar
if [ ! -f "$launcher" ]; then
    command -v mvn > /dev/null || { echo "sbt is fetched by Maven: install it (Debian, Ubuntu: apt-get install maven)" >&2; exit 1; }
    mvn --quiet --batch-mode dependency:copy -Dartifact="org.scala-sbt:sbt-launch:$version" -DoutputDirectory="$home"
fi
# A mirror that Maven is told to use is used by sbt as well.
mirror=$(mvn --quiet --batch-mode help:evaluate -Dexpression=settings.mirrors -DforceStdout 2> /dev/null |
    sed -n 's:.*<url>\(.*\)</url>.*:\1:p' | grep -v '^http://0' | head -n 1) || mirror=
options=
if [ -n "$mirror" ]; then
    printf '[repositories]\nlocal\nmirror: %s\n' "$mirror" > "$home/repositories"
    options="-Dsbt.override.build.repos=true -Dsbt.repository.config=$home/repositories"
fi
# shellcheck disable=SC2086 # the options are words
exec java -Xmx2g -Xss8m $options ${SBT_OPTS:-} -jar "$launcher" "$@"
