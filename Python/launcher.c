/* The program `nino` of the wheel: the command line is inside libnino.so, which lies in ../lib. */
int nino_main(int argc, char **argv);

int main(int argc, char **argv) {
    return nino_main(argc, argv);
}
