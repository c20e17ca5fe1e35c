// SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
// SPDX-License-Identifier: GPL-3.0-or-later
package troubled;

import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.storage.Converter;

/**
 * A converter that cannot be configured, so that every task with it fails before Connect makes a
 * producer for it: thousands of tasks fail in a fraction of the time that they would need to start.
 *
 * <p>Its keys are {@code fail.text} and {@code fail.trace.bytes} of {@link TroubledSource}.
 */
public final class FailingConverter implements Converter {
    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    @Override
    public void configure(Map<String, ?> configuration, boolean isKey) {
        Object text = configuration.get(TroubledTask.FAIL_TEXT);
        Object bytes = configuration.get(TroubledTask.FAIL_TRACE_BYTES);
        throw TroubledTask.failure(
                text == null ? TroubledTask.DEFAULT_TEXT : text.toString(),
                bytes == null ? 0 : Integer.parseInt(bytes.toString()));
    }

    @Override
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
        throw new UnsupportedOperationException("no task gets that far");
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] value) {
        throw new UnsupportedOperationException("no task gets that far");
    }
}
