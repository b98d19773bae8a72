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

    [Fact]
    public async Task Rows_that_rules_name_are_counted_and_words_that_nobody_knows_told()
    {
        string[] rules = ["--set", "stages.tuned.freeze=[]", "--set", """stages.tuned.phases=[{"name":"one","rules":[{"group":"embedding","state":"frozen"},{"group":"embedding","rows":{"toRank":5},"factor":0.5},{"group":"embedding","rows":{"words":["nowhere"]}}]}]"""];
        string[] lines = (await Shell.OutputOf(["plan", toy.Job, .. rules])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches(@"^  one +1-8 +1-2 +embedding \(rank 1-5: 5 rows\) x0\.5, conv2, conv3, output +embedding \(all others: \d+ rows\) ", lines[^2]);
        Assert.Equal("  not in the vocabulary: 1 of the words that rules name (nowhere)", lines[^1].TrimEnd());
    }

    [Fact]
    public async Task A_words_row_is_explained_phase_by_phase()
    {
        string word = File.ReadLines(Path.Combine(toy.Run, "stages", "tuned", "vocabulary.txt")).First().Split('\t')[0];
        string[] rules = ["--set", "stages.tuned.freeze=[]", "--set", $$$"""stages.tuned.phases=[{"rules":[{"group":"embedding","state":"frozen"}],"until":{"step":3}},{"rules":[{"group":"embedding","state":"frozen"},{"group":"embedding","rows":{"words":["{{{word}}}"]},"state":"anchored","strength":0.1}]}]"""];
        string output = await Shell.OutputOf(["freeze", "explain", toy.Job, word, "--stage", "tuned", .. rules]);
        Assert.Matches($@"^tuned\n{word}: row \d+, rank \d+ by frequency, \d+ times in the training data, with a pretrained vector\n", output.ReplaceLineEndings("\n"));
        Assert.Matches(@"embedding +phase 1 +from step 1 +frozen +rule 1 of the phase: all rows", output);
        Assert.Matches($@"embedding +phase 2 +from step 4 +anchored, strength 0\.1 +rule 2 of the phase: '{word}'", output);
        Assert.Equal("", await Shell.RefusalOf(["freeze", "explain", toy.Job, "nowhere"], "'nowhere' is not in the vocabulary."));
        Assert.StartsWith($"vectors\n{word}: row ", await Shell.RefusalOf(["freeze", "explain", toy.Job, "nowhere", word], "'nowhere' is not in the vocabulary."), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_training_decides_is_not_said_for_certain()
    {
        string word = File.ReadLines(Path.Combine(toy.Run, "stages", "tuned", "vocabulary.txt")).First().Split('\t')[0];
        string output = await Shell.OutputOf(["freeze", "explain", toy.Job, word, "--stage", "tuned", "--set", "stages.tuned.freeze=[]", "--set",
            """stages.tuned.phases=[{"rules":[{"group":"embedding","state":"frozen"}],"until":{"devStalled":1,"step":3}},{}]"""]);
        Assert.Matches(@"phase 2 +from a step that training decides +tuned", output);
    }

    [Fact]
    public async Task A_job_whose_selectors_leave_nothing_to_train_is_refused() => await Shell.RefusalOf(
        ["train", toy.Job, "--run-dir", Path.Combine(toy.Root, "nothing"), "--set", "stages.tuned.freeze=[]", "--set",
            """stages.tuned.phases=[{"rules":[{"group":"embedding","state":"frozen"},{"group":"conv2","state":"frozen"},{"group":"conv3","state":"frozen"},{"group":"output","state":"frozen"},{"group":"embedding","rows":{"words":["nowhere"]}}]}]"""],
        "nothing is left to train");

    [Fact]
    public async Task A_missing_file_of_words_is_refused_before_anything_is_trained() => await Shell.RefusalOf(
        ["train", toy.Job, "--run-dir", Path.Combine(toy.Root, "no-words"), "--set", "stages.tuned.freeze=[]", "--set", """stages.tuned.phases=[{"rules":[{"group":"embedding","rows":{"file":"nowhere.txt"},"state":"frozen"}]}]"""],
        "There is no such file.");
}
