package dev.leat.testkit;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.PreInterruptCallback;
import org.junit.jupiter.api.extension.PreInterruptContext;

/** Prints what the sessions of the tests' servers do, and what they wait for, when a test takes longer than its timeout. */
public final class SessionsAtTimeout implements PreInterruptCallback {

    @Override
    public void beforeThreadInterrupt(PreInterruptContext interrupt, ExtensionContext test) {
        System.out.println(test.getUniqueId() + " takes too long; sessions of its servers:");
        TestServer.sessions().forEach(System.out::println);
    }
}
