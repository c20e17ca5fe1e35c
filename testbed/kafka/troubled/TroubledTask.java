// SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
// SPDX-License-Identifier: GPL-3.0-or-later
package troubled;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** A task that idles, or fails when it is started. */
public final class TroubledTask extends SourceTask {
    static final String FAIL_TASKS = "fail.tasks";
    static final String FAIL_TEXT = "fail.text";
    static final String FAIL_TRACE_BYTES = "fail.trace.bytes";
    static final String DEFAULT_TEXT = "made to fail";
    /** In the configuration of a task only: a task is not told its id. */
    static final String FAILS = "fails";

    private static final StackTraceElement FRAME =
            new StackTraceElement("org.example.orders.client.Connection", "receive", "Connection.java", 311);
    private static final int FRAME_BYTES = "\tat ".length() + FRAME.toString().length() + System.lineSeparator().length();

    private final CountDownLatch stopped = new CountDownLatch(1);

    @Override
    public String version() {
        return "1.0.0";
    }

    @Override
    public void start(Map<String, String> properties) {
        if (Boolean.parseBoolean(properties.get(FAILS))) {
            String text = properties.getOrDefault(FAIL_TEXT, DEFAULT_TEXT);
            throw failure(text, Integer.parseInt(properties.getOrDefault(FAIL_TRACE_BYTES, "0")));
        }
    }

    static ConnectException failure(String text, int traceBytes) {
        ConnectException failure = new ConnectException(text);
        int missing = Math.max(0, traceBytes - traceBytes(failure));
        StackTraceElement[] own = failure.getStackTrace();
        StackTraceElement[] all = Arrays.copyOf(own, own.length + (missing + FRAME_BYTES - 1) / FRAME_BYTES);
        Arrays.fill(all, own.length, all.length, FRAME);
        failure.setStackTrace(all);
        return failure;
    }

    private static int traceBytes(Throwable failure) {
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace, true));
        return trace.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        // Not for ever: Connect commits offsets and looks for a pause in between.
        stopped.await(1, TimeUnit.SECONDS);
        return null;
    }

    @Override
    public void stop() {
        stopped.countDown();
    }
}
