using DistEmbed.Testing.ToyData;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>
/// A job of one stage whose dev and test part have words that training does not have: <c>gloomy</c> and <c>jolly</c> with a vector, <c>xyzzy</c> without, and each
/// of the words <c>once</c> and <c>twice</c> too seldom to be known.
/// </summary>
internal static class UnseenToy
{
    /// <summary>Lines of the dev part beside those of the toy run.</summary>
    public static string[] Dev { get; } = ["bad gloomy gloomy dark gloomy", "good jolly jolly warm jolly"];

    /// <summary>Lines of the test part beside those of the toy run.</summary>
    public static string[] Test { get; } = ["bad gloomy xyzzy xyzzy cold", "good once sunny calm day", "good twice jolly jolly sea"];

    /// <summary>Writes data, vectors and job into a new folder, and trains.</summary>
    /// <returns>The run, and what was told at the console.</returns>
    public static Task<(string Run, string Told)> TrainAsync(TrainedToyRun toy, string name, params string[] settings) => TrainAsync(toy, name, Dev, settings);

    /// <summary>The same with other lines in the dev part.</summary>
    public static async Task<(string Run, string Told)> TrainAsync(TrainedToyRun toy, string name, string[] dev, string[] settings)
    {
        string folder = Directory.CreateDirectory(toy.In(name)).FullName, run = Path.Combine(folder, "run");
        string In(string file) => Path.Combine(folder, file);
        File.Copy(toy.In("train.txt"), In("train.txt"));
        File.WriteAllLines(In("dev.txt"), File.ReadLines(toy.In("dev.txt")).Concat(dev));
        File.WriteAllLines(In("test.txt"), File.ReadLines(toy.In("test.txt")).Concat(Test));
        // Words of a kind lie on one side, as in vectors that were trained on text.
        string[] good = [.. TrainedToyRun.Good, "jolly"], bad = [.. TrainedToyRun.Bad, "gloomy"];
        File.WriteAllLines(In("vectors.txt"), ToyVectors.Lines([.. good, .. bad, .. TrainedToyRun.Both, "once"], word =>
            Enumerable.Range(0, 8).Select(i => i < 3 ? (word < 6 ? 0.4 : word < 12 ? -0.4 : 0) : (word * 7 + i * 5) % 11 / 20.0 - 0.25)));
        File.WriteAllText(In("job.json"), $$"""
            {
              "name": "unseen",
              "data": { "format": "labelled-lines", "root": "{{folder}}", "train": "train.txt", "dev": "dev.txt", "test": "test.txt", "minCount": 2, "vocabulary": "all-parts" },
              "model": { "kind": "text-cnn", "windows": [2, 3], "maps": 8, "channels": "non-static" },
              "vectors": { "file": "vectors.txt" },
              "optimizers": { "default": { "kind": "adadelta", "learningRate": 1 } },
              "training": { "batch": 10, "epochs": 3 }
            }
            """);
        string told = await Shell.OutputOf(["train", In("job.json"), "--run-dir", run, .. settings]);
        return (run, told);
    }
}
