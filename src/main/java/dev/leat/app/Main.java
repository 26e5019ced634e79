package dev.leat.app;

final class Main {
    public static void main(String[] args) {
        System.out.println("leat");
    }
}
