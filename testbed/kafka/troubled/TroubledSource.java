// SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
// SPDX-License-Identifier: GPL-3.0-or-later
package troubled;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidList;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * A source connector of the testbed that hangs and fails on demand. It writes no records.
 *
 * <p>Without any of its keys it runs: {@code tasks.max} tasks that idle. What it can do wrong:
 *
 * <ul>
 *   <li>{@code hang.in}: the methods of the connector that hang, a list of {@code validate}, {@code
 *       start}, {@code taskConfigs}, {@code stop}. {@code stop} hangs under the configuration that
 *       the instance was started with.
 *   <li>{@code hang.while.exists}: they hang for as long as this file exists. A file that does not
 *       exist is no hang.
 *   <li>{@code hang.seconds}: they hang for so many seconds. With {@code hang.while.exists}, at
 *       most for so many seconds. With neither of both nothing hangs.
 *   <li>{@code fail.tasks}: so many tasks, those of the lowest ids, fail in {@code start}, each
 *       time that they are started. The others idle.
 *   <li>{@code fail.text}: the message of their exception, such as one with a secret in it.
 *   <li>{@code fail.trace.bytes}: the size of their trace as Connect shows it, in bytes of UTF-8,
 *       reached by stack frames: never less, and less than 100 bytes more unless the text alone
 *       is longer.
 * </ul>
 *
 * <p>The exception is Connect's own {@code ConnectException}.
 */
public final class TroubledSource extends SourceConnector {
    private static final ConfigDef CONFIG =
            new ConfigDef()
                    .define(
                            Hang.IN,
                            Type.LIST,
                            List.of(),
                            ValidList.in("validate", "start", "taskConfigs", "stop"),
                            Importance.MEDIUM,
                            "The methods of the connector that hang.")
                    .define(
                            Hang.WHILE_EXISTS,
                            Type.STRING,
                            "",
                            Importance.MEDIUM,
                            "They hang for as long as this file exists.")
                    .define(
                            Hang.SECONDS,
                            Type.INT,
                            0,
                            Range.atLeast(0),
                            Importance.MEDIUM,
                            "They hang for so many seconds.")
                    .define(
                            TroubledTask.FAIL_TASKS,
                            Type.INT,
                            0,
                            Range.atLeast(0),
                            Importance.MEDIUM,
                            "So many tasks fail when they are started.")
                    .define(
                            TroubledTask.FAIL_TEXT,
                            Type.STRING,
                            TroubledTask.DEFAULT_TEXT,
                            Importance.LOW,
                            "The message of their exception.")
                    .define(
                            TroubledTask.FAIL_TRACE_BYTES,
                            Type.INT,
                            0,
                            Range.atLeast(0),
                            Importance.LOW,
                            "The size of their trace in bytes.");

    private Map<String, String> properties = Map.of();

    @Override
    public String version() {
        return "1.0.0";
    }

    @Override
    public ConfigDef config() {
        return CONFIG;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return TroubledTask.class;
    }

    @Override
    public Config validate(Map<String, String> wanted) {
        Hang.in("validate", wanted);
        return super.validate(wanted);
    }

    @Override
    public void start(Map<String, String> started) {
        properties = Map.copyOf(started);
        Hang.in("start", properties);
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        Hang.in("taskConfigs", properties);
        int failing = Integer.parseInt(properties.getOrDefault(TroubledTask.FAIL_TASKS, "0"));
        return IntStream.range(0, maxTasks).mapToObj(id -> taskConfig(id < failing)).toList();
    }

    private Map<String, String> taskConfig(boolean fails) {
        Map<String, String> config = new HashMap<>(properties);
        config.put(TroubledTask.FAILS, String.valueOf(fails));
        return config;
    }

    @Override
    public void stop() {
        Hang.in("stop", properties);
    }
}
