using DistEmbed.Coordinator.Cli;
using DistEmbed.Testing;
using DistEmbed.Testing.ToyData;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>
/// A run of two stages, trained once by the command line on 60 separable sentences, for tests that look at it: <c>vectors</c> (cbow) and <c>tuned</c> (text-cnn).
/// </summary>
public sealed class TrainedToyRun : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    /// <summary>Words of the label good alone.</summary>
    public static string[] Good { get; } = ["sunny", "warm", "bright", "lovely", "calm"];

    /// <summary>Words of the label bad alone.</summary>
    public static string[] Bad { get; } = ["stormy", "cold", "dark", "awful", "rough"];

    /// <summary>Words of both labels.</summary>
    public static string[] Both { get; } = ["day", "sea", "night", "sky"];

    /// <summary>Data, jobs and runs.</summary>
    public string Root => _folder.Path;

    public string Run => In("run");

    public string Job => In("toy.json");

    public string In(string name) => _folder.In(name);

    public async Task InitializeAsync()
    {
        var sentences = new ToySentences(17, [Good, Bad], Both);
        string[] lines = [.. Enumerable.Range(0, 60).Select(i =>
            $"{(i % 2 == 0 ? "good" : "bad")} {string.Join(' ', sentences.Draw(i % 2, words: 6, place => place % 3 != 2))}")];
        _folder.WriteLines("train.txt", lines[..40]);
        _folder.WriteLines("dev.txt", lines[40..48]);
        _folder.WriteLines("test.txt", lines[48..]);
        _folder.WriteLines("text.txt", lines.Select(l => l.Split(' ', 2)[1]));
        File.WriteAllText(Job, $$"""
            {
              "name": "toy",
              "data": { "format": "labelled-lines", "root": "{{Root}}", "train": "train.txt", "dev": "dev.txt", "test": "test.txt" },
              "model": { "kind": "text-cnn", "windows": [2, 3], "maps": 4 },
              "vectors": { "file": "stage:vectors" },
              "optimizers": { "default": { "kind": "adadelta", "learningRate": 1 } },
              "training": { "batch": 10, "epochs": 2 },
              "checkpoints": { "everySteps": 1, "keep": 50 },
              "stages": [
                {
                  "name": "vectors",
                  "data": { "format": "plain-text", "root": "{{Root}}", "files": ["text.txt"] },
                  "vectors": { "file": null, "dimension": 8 },
                  "model": { "kind": "cbow" },
                  "optimizers": { "default": { "kind": "adagrad", "learningRate": 0.1 } },
                  "training": { "batch": 100, "epochs": 3 }
                },
                {
                  "name": "tuned",
                  "freeze": [ { "group": "embedding", "untilEpoch": 1, "warmupSteps": 2 } ],
                  "report": { "neighbors": ["sunny"] }
                }
              ]
            }
            """);
        (int code, string output, string errors) = await Shell.RunAsync("train", Job, "--run-dir", Run);
        Assert.True(code == ExitCode.Done, output + errors);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>The console belongs to the process, so these tests run one after the other and alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ConsoleCollection : ICollectionFixture<TrainedToyRun>
{
    public const string Name = "console";
}

/// <summary>Runs command lines in this process.</summary>
internal static class Shell
{
    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        (TextWriter output, TextWriter errors) = (Console.Out, Console.Error);
        using StringWriter written = new(), told = new();
        Console.SetOut(written);
        Console.SetError(told);
        try
        {
            int code = await CommandLine.RunAsync(arguments);
            return (code, written.ToString(), told.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
        }
    }

    /// <summary>Runs a command line that has to work.</summary>
    public static async Task<string> OutputOf(params string[] arguments)
    {
        (int code, string output, string errors) = await RunAsync(arguments);
        Assert.True(code == ExitCode.Done && errors.Length == 0, $"{code}: {errors}");
        return output;
    }

    /// <summary>Runs a command line that has to be refused with one line that holds <paramref name="parts"/>; returns what it wrote before.</summary>
    public static async Task<string> RefusalOf(string[] arguments, params string[] parts)
    {
        (int code, string output, string errors) = await RunAsync(arguments);
        Assert.Equal(ExitCode.BadInput, code);
        string[] lines = [.. errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.EndsWith("--help' shows what there is.", StringComparison.Ordinal))];
        string line = Assert.Single(lines);
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, line, StringComparison.Ordinal));
        return output;
    }
}
