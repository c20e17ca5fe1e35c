// SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
// SPDX-License-Identifier: GPL-3.0-or-later
package troubled;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/** A method that does not return for a while, as the configuration says. */
final class Hang {
    static final String IN = "hang.in";
    static final String WHILE_EXISTS = "hang.while.exists";
    static final String SECONDS = "hang.seconds";

    private static final Duration POLL = Duration.ofMillis(20);

    private Hang() {}

    /** Hang if the method is among those that are to. The configuration may be one that is still to be validated. */
    static void in(String method, Map<String, String> properties) {
        String[] methods = properties.getOrDefault(IN, "").split(",");
        if (Arrays.stream(methods).map(String::trim).noneMatch(method::equals)) {
            return;
        }
        String file = properties.getOrDefault(WHILE_EXISTS, "");
        long seconds = Long.parseLong(properties.getOrDefault(SECONDS, "0"));
        if (!file.isEmpty()) {
            sleep(Path.of(file), seconds == 0 ? Long.MAX_VALUE : seconds);
        } else if (seconds > 0) {
            sleep(null, seconds);
        }
    }

    private static void sleep(Path file, long seconds) {
        long began = System.nanoTime();
        try {
            while ((file == null || Files.exists(file)) && (System.nanoTime() - began) / 1_000_000_000 < seconds) {
                Thread.sleep(POLL.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
