package dev.leat.app;

import dev.leat.poller.Version;
import picocli.CommandLine.IVersionProvider;

/** What {@code leat --version} prints. */
final class VersionProvider implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {"leat " + Version.text() + " (Java " + System.getProperty("java.version") + ")"};
    }
}
