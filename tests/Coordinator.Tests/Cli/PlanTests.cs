namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class PlanTests(TrainedToyRun toy)
{
    [Fact]
    public async Task The_phases_of_every_stage_are_shown_and_nothing_is_trained_or_written()
    {
        string[] before = [.. Directory.GetFileSystemEntries(toy.Root).Order(StringComparer.Ordinal)];
        string[] lines = (await Shell.OutputOf("plan", toy.Job)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["vectors", "tuned"], lines.Where(line => !line.StartsWith(' ')).Select(line => line.Trim()));
        // The vectors of the second stage are those of the first, which has not been trained: eight numbers each all the same.
        Assert.Matches(@"^  1-4 +1 +conv2, conv3, output +embedding +\d+ +[\d,]+ +-$", lines[^2].TrimEnd());
        Assert.Matches(@"^  5-8 +2 +embedding, conv2, conv3, output +- +\d+ +[\d,]+ +embedding 5-6$", lines[^1].TrimEnd());
        Assert.Equal(before, Directory.GetFileSystemEntries(toy.Root).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_recipe_that_does_not_fit_the_steps_is_refused() => await Shell.RefusalOf(
        ["plan", toy.Job, "--set", "stages.tuned.freeze=[]", "--set", "stages.tuned.recipe={\"kind\":\"freeze-then-tune\",\"epochs\":2}"],
        "what follows it would never begin");
}
