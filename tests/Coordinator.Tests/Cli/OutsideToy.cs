using System.Globalization;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>
/// Jobs whose text for prediction has words that training lacks: some with a vector, written as the file has them or in
/// other case, some that nothing has a vector for.
/// </summary>
internal sealed class OutsideToy : IDisposable
{
    private static readonly string[] s_train = ["sunny", "warm", "stormy", "cold", "day", "sea"];
    private static readonly string[] s_outside = ["jolly", "gloomy", "mild", "bleak", "Breezy"];
    private static readonly string[] s_nowhere = ["xyzzy", "qwop"];

    private readonly TempFolder _folder = new();

    public OutsideToy()
    {
        var random = new CounterRandom(11, RandomPurpose.DataSplit);
        _folder.WriteLines("train.txt", Enumerable.Range(0, 40).Select(i => LabelOf(i) + Text(s_train, 6, ref random)));
        _folder.WriteLines("dev.txt", Enumerable.Range(0, 8).Select(i => LabelOf(i) + Text(s_train, 6, ref random)));
        string[] all = [.. s_train, .. s_outside, .. s_outside.Select(word => word.ToUpperInvariant()), .. s_nowhere];
        Lines = [.. Enumerable.Range(0, 60).Select(_ => Text(all, 7, ref random))];
        _folder.WriteLines("lines.txt", Lines);
        _folder.WriteLines("test.txt", Lines.Select((line, i) => LabelOf(i) + line));
        _folder.WriteLines("tags.conll", Enumerable.Range(0, 40).Select(i =>
            $"{s_train[i % 6]} O\n{s_train[(i + 1) % 6]} I-{(i % 2 == 0 ? "A" : "B")}\n"));
        _folder.WriteLines("tags.test.conll", Lines.Select(line => string.Concat(line.Split(' ').Select(word => $"{word} O\n"))));
        IEnumerable<string> outside = s_outside.Select(word => Vector(word.ToLowerInvariant()));
        _folder.WriteLines("vectors.txt", [.. s_train.Select(Vector), .. outside, Vector("other")]);
    }

    /// <summary>The text: lines of words.</summary>
    public string[] Lines { get; }

    public string In(string name) => _folder.In(name);

    /// <summary>Trains a job with frozen vectors unless it says otherwise; returns its run directory.</summary>
    /// <param name="model">The model, as JSON.</param>
    /// <param name="name">Name of the run.</param>
    /// <param name="test">Whether the text is the test part, so that training knows its words from the start.</param>
    /// <param name="settings">Settings on top.</param>
    public async Task<string> TrainAsync(string model, string name, bool test, params string[] settings)
    {
        bool tagger = model.Contains("tagger", StringComparison.Ordinal);
        string data = tagger
            ? """
              "format": "conll", "train": "tags.conll", "devFraction": 0.2
              """
            : """
              "format": "labelled-lines", "train": "train.txt", "dev": "dev.txt"
              """;
        if (test)
            data += $", \"test\": \"{(tagger ? "tags.test.conll" : "test.txt")}\"";
        string job = _folder.Write($"{name}.json", $$"""
            {
              "name": "outside",
              "data": { {{data}}, "root": "{{_folder.Path}}", "tokenizer": "whitespace", "lowerCase": false },
              "model": {{model}},
              "vectors": { "file": "vectors.txt" },
              "optimizers": { "default": { "kind": "adam", "learningRate": 0.02 } },
              "training": { "batch": 10, "epochs": 2 }
            }
            """);
        await Shell.OutputOf(["train", job, "--run-dir", In(name), .. settings]);
        return In(name);
    }

    public void Dispose() => _folder.Dispose();

    private static string LabelOf(int line) => line % 2 == 0 ? "good " : "bad ";

    private static string Text(string[] words, int count, ref CounterRandom random)
    {
        var chosen = new string[count];
        for (int i = 0; i < count; i++)
            chosen[i] = words[random.NextInt(words.Length)];
        return string.Join(' ', chosen);
    }

    private static string Vector(string word)
    {
        var random = new CounterRandom(CounterRandom.HashOf(word), RandomPurpose.RowInitialization);
        var numbers = new string[6];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = (random.NextSingle() - 0.5f).ToString("F4", CultureInfo.InvariantCulture);
        return $"{word} {string.Join(' ', numbers)}";
    }
}
