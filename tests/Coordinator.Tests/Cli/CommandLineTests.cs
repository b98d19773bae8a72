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

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_of_a_verb_is_the_verb_with_help(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(await Shell.OutputOf([.. words, "--help"]), await Shell.OutputOf(["help", .. words]));
    }

    [Fact]
    public async Task Help_of_a_verb_that_there_is_not_names_the_one_that_is_meant()
    {
        await Shell.RefusalOf(["help", "infer"], "there is no command `infer`. Did you mean `predict`?");
        await Shell.RefusalOf(["help", "freeze", "explian"], "Did you mean `explain`?");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Placeholders_say_what_they_are(string command)
    {
        string help = await Shell.OutputOf([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        // Without a name of its own an option's placeholder is the option's.
        Assert.DoesNotMatch(@"--([a-z-]+) <\1>", help);
    }

    [Fact]
    public async Task Help_of_a_subcommand_leaves_out_what_its_parent_takes() =>
        Assert.DoesNotContain("GROUP", await Shell.OutputOf("freeze", "explain", "--help"), StringComparison.Ordinal);

    [Fact]
    public async Task A_command_that_looks_at_a_run_does_not_advise_to_resume_where_there_is_none()
    {
        (int code, _, string errors) = await Shell.RunAsync("predict", "runs/none");
        Assert.Equal(2, code);
        Assert.Contains("there is no such run directory. Check the path", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("resume", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_comes_from_standard_input_too()
    {
        TextReader input = Console.In;
        Console.SetIn(new StringReader(File.ReadAllText(toy.Job)));
        try
        {
            Assert.StartsWith("OK", await Shell.OutputOf("job", "check", "-"), StringComparison.Ordinal);
        }
        finally
        {
            Console.SetIn(input);
        }
    }
}
