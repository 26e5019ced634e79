package dev.leat.demo;

final class Demo {
    public static void main(String[] args) {
        System.out.println("leat");
    }
}
