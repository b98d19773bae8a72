using System.Text.Json;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>The commands on a run of a tagger.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class TaggerCommandTests(TrainedToyRun toy)
{
    [Fact]
    public async Task A_tagger_is_trained_evaluated_and_tags_lines()
    {
        string[] names = ["Bonn", "Ulm", "Trier"], people = ["Anna", "Otto", "Ida"];
        File.WriteAllLines(toy.In("ner.conll"), Enumerable.Range(0, 60).SelectMany(i => new[]
        {
            $"{people[i % 3]} I-PER", "lives O", "in O", $"{names[i / 3 % 3]} I-LOC", "am I-LOC", "Fluss I-LOC", ". O", "",
        }));
        File.WriteAllText(toy.In("ner.json"), $$"""
            {
              "name": "ner",
              "data": { "format": "conll", "root": "{{toy.Root}}", "train": "ner.conll", "testFraction": 0.2 },
              "model": { "kind": "tagger", "hidden": 8, "dropout": 0 },
              "vectors": { "dimension": 8 },
              "optimizers": { "default": { "kind": "adam", "learningRate": 0.02 } },
              "training": { "batch": 6, "epochs": 8 }
            }
            """);
        string run = toy.In("ner");
        string trained = await Shell.OutputOf("train", toy.In("ner.json"), "--run-dir", run);
        Assert.Contains("f1", trained, StringComparison.Ordinal);
        JsonElement test = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "result.json"))).RootElement.GetProperty("test");
        Assert.Equal(["f1", "precision", "recall", "tokenAccuracy", "loss", "examples"], test.EnumerateObject().Select(p => p.Name));
        Assert.Equal(1, test.GetProperty("f1").GetDouble());

        string[] lines = (await Shell.OutputOf("evaluate", run, "--by-class")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("test: 12 examples, f1 100.00 %, precision 100.00 %, recall 100.00 %, tokenAccuracy 100.00 %, loss ", lines[0], StringComparison.Ordinal);
        Assert.Equal(["type", "entities", "predicted", "precision", "recall", "F1"], Words(lines[1]));
        Assert.Equal(["LOC", "12", "12", "100.00", "100.00", "100.00"], Words(lines[2]));
        Assert.Equal(["PER", "12", "12", "100.00", "100.00", "100.00"], Words(lines[3]));
        JsonElement json = JsonDocument.Parse(await Shell.OutputOf("evaluate", run, "--json", "--part", "dev")).RootElement;
        Assert.Equal(1, json.GetProperty("scores").GetProperty("f1").GetDouble());

        Assert.Equal(["LOC", "PER"], json.GetProperty("types").EnumerateArray().Select(t => t.GetString()));
        Assert.All(json.GetProperty("byType").EnumerateArray(), t => Assert.Equal((6, 1), (t.GetProperty("support").GetInt32(), t.GetProperty("f1").GetDouble())));

        File.WriteAllText(toy.In("lines.ner"), "Otto lives in Ulm am Fluss.\n\nida\n");
        Assert.StartsWith(
            "Otto\tB-PER\nlives\tO\nin\tO\nUlm\tB-LOC\nam\tI-LOC\nFluss\tI-LOC\n.\tO\n\n\nida\t", await Shell.OutputOf("predict", run, toy.In("lines.ner")), StringComparison.Ordinal);
        JsonElement[] objects = [.. (await Shell.OutputOf("predict", run, toy.In("lines.ner"), "--json-lines")).Split('\n')[..^1].Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(3, objects.Length);
        Assert.Equal(["Otto", "lives", "in", "Ulm", "am", "Fluss", "."], objects[0].GetProperty("words").EnumerateArray().Select(w => w.GetString()));
        Assert.Equal("B-PER O O B-LOC I-LOC I-LOC O", string.Join(' ', objects[0].GetProperty("tags").EnumerateArray().Select(t => t.GetString())));
        Assert.Equal("Otto lives in Ulm am Fluss.", objects[0].GetProperty("text").GetString());
        Assert.Empty(objects[1].GetProperty("tags").EnumerateArray());

        await Shell.RefusalOf(["predict", run, toy.In("lines.ner"), "--top", "1"], "--top", "gives each word one tag");
        await Shell.RefusalOf(["evaluate", run, "--confusion"], "--confusion", "gives no example a label");
        await Shell.RefusalOf(["unseen", run], "gives no text a label", "f1");
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
