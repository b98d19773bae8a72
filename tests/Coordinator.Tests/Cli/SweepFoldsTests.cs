using DistEmbed.Coordinator.Tests.Local;

namespace DistEmbed.Coordinator.Tests.Cli;

[Collection(ConsoleCollection.Name)]
public sealed class SweepFoldsTests : IDisposable
{
    private readonly ToySweep _toy = new();

    public void Dispose() => _toy.Dispose();

    [Fact]
    public async Task Folds_are_asked_for_kept_and_used_again()
    {
        string job = _toy.In("toy.json"), first = _toy.In("first"), second = _toy.In("second");
        File.WriteAllText(job, _toy.Job);
        string[] common = ["sweep", job, "--set", "data.test=null", "--set", "training.epochs=1", "--folds", "2"];

        string shown = await Shell.OutputOf([.. common, "--sweep-dir", first]);
        Assert.Contains("1 seed, 2 folds, 2 runs", shown, StringComparison.Ordinal);
        Assert.Contains("fold 1 of 2", shown, StringComparison.Ordinal);
        await Shell.OutputOf([.. common, "--fold-file", Path.Combine(first, "folds.txt"), "--sweep-dir", second]);
        Assert.Equal(File.ReadAllText(Path.Combine(first, "folds.txt")), File.ReadAllText(Path.Combine(second, "folds.txt")));
        static string Rows(string table) => table[table.IndexOf("Test accuracy", StringComparison.Ordinal)..table.IndexOf("Everything is in", StringComparison.Ordinal)];
        string again = await Shell.OutputOf("sweep", "--sweep-dir", second, "--resume");
        Assert.Equal(Rows(shown), Rows(again));

        await Shell.RefusalOf(["sweep", "--sweep-dir", second, "--resume", "--folds", "3"], "--folds: is not what");
        await Shell.RefusalOf([.. common[..^1], "1"], "--folds: must be at least 2, found 1.");
        await Shell.RefusalOf(["sweep", job, "--fold-file", Path.Combine(first, "folds.txt")], "--fold-file: needs to know how many folds", "--folds K");
        await Shell.RefusalOf([.. common, "--fold-file", _toy.In("nix.txt")], "data.fold.file", "There is no file");
        await Shell.RefusalOf(["sweep", job, "--folds", "2"], "--folds data.fold", "there is a test file");
    }
}
