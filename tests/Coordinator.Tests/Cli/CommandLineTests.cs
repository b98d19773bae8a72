namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class CommandLineTests(TrainedToyRun toy)
{
    public static TheoryData<string> Commands => new(
        "", "train", "sweep", "compare", "plan", "evaluate", "evaluate-vectors", "predict", "neighbors", "drift", "export", "vectors", "vectors inspect", "vectors convert", "job", "job schema", "job check", "job show",
        "submit", "status", "watch", "pause", "resume", "freeze", "freeze explain", "thaw", "lr", "phase", "phase next", "checkpoint", "drain", "stop", "artifacts", "download");

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help_with_examples(string command)
    {
        string help = await Shell.OutputOf([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Contains("Usage:", help, StringComparison.Ordinal);
        Assert.Contains($"Examples:\n    distembed {command}".TrimEnd(), help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Misspelt_commands_and_options_name_what_was_meant()
    {
        await Shell.RefusalOf(["trian"], "distembed: there is no command `trian`. Did you mean `train`?");
        await Shell.RefusalOf([], "distembed: needs a command.", "train, plan, sweep, compare, serve, evaluate");
        await Shell.RefusalOf(["train", "--sett", "seed=1"], "distembed train: there is no option `--sett`. Did you mean `--set`?");
        await Shell.RefusalOf(["evaluate", toy.Run, "--stge=tuned"], "no option `--stge`", "`--stage`");
        await Shell.RefusalOf(["train", "--workers", "two"], "--workers: 'two' is no whole number.");
        await Shell.RefusalOf(["evaluate", toy.Run, "more"], "more");
        await Shell.RefusalOf(["evaluate", toy.Run, "--step"], "--step");
    }
}
