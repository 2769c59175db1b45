#!/bin/sh
# Check that Spark will find a Java 17 or newer (JAVA_HOME first, as Spark looks), or report what is missing.

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if text=$("$java" -version 2>&1); then
    # 'openjdk version "17.0.15" ...', and before Java 9 'java version "1.8.0_392"'.
    major=$(printf '%s\n' "$text" | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p' | head -n 1)
    if [ "${major:-0}" -ge 17 ]; then exit 0; fi
    found="$java is Java ${major:-of unknown version}"
else
    found="$java does not run"
fi

{
    echo "This recipe runs Apache Spark, which needs Java 17 or newer: $found."
    echo "  Debian, Ubuntu:  apt-get install openjdk-17-jre-headless"
    echo "  macOS:           brew install openjdk@17"
    echo "  elsewhere:       point JAVA_HOME at a Java 17"
} >&2
exit 1
