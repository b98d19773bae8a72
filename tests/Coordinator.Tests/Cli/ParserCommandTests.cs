using System.Text.Json;

namespace DistEmbed.Coordinator.Tests.Cli;

/// <summary>The commands on a run of a parser.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ParserCommandTests(TrainedToyRun toy)
{
    [Fact]
    public async Task A_parser_is_trained_evaluated_and_parses_lines()
    {
        string[] people = ["Anna", "Otto", "Ida"], verbs = ["sees", "hears"];
        string[] sentences = [.. Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? $"{people[i % 3]} {verbs[i / 3 % 2]} old {people[i / 6 % 3]}" : $"old {people[i % 3]} {verbs[i / 3 % 2]}")];
        string[] parents = [.. sentences.Select((_, i) => i % 2 == 0 ? "2 0 4 2" : "2 3 0")], relations = [.. sentences.Select((_, i) => i % 2 == 0 ? "subj root amod obj" : "amod subj root")];
        File.WriteAllLines(toy.In("dep.toks"), sentences);
        File.WriteAllLines(toy.In("dep.parents"), parents);
        File.WriteAllLines(toy.In("dep.rels"), relations);
        File.WriteAllText(toy.In("dep.json"), $$"""
            {
              "name": "dep",
              "data": { "format": "dependencies", "layout": "parallel", "root": "{{toy.Root}}", "train": ["dep"], "testFraction": 0.2 },
              "model": { "kind": "parser", "hidden": 20, "symbolDimension": 5, "dropout": 0 },
              "vectors": { "dimension": 8 },
              "optimizers": { "default": { "kind": "adam", "learningRate": 0.02 } },
              "training": { "batch": 6, "epochs": 8 }
            }
            """);
        string run = toy.In("dep");
        Assert.Contains("dev las 100.0 %, uas 100.0 %", await Shell.OutputOf("train", toy.In("dep.json"), "--run-dir", run), StringComparison.Ordinal);
        JsonElement test = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "result.json"))).RootElement.GetProperty("test");
        Assert.Equal(["las", "uas", "loss", "examples"], test.EnumerateObject().Select(p => p.Name));
        Assert.StartsWith("test: 12 examples, las 100.00 %, uas 100.00 %, loss ", await Shell.OutputOf("evaluate", run), StringComparison.Ordinal);

        File.WriteAllText(toy.In("lines.dep"), "Otto hears old Anna\n\n");
        Assert.Equal("1\tOtto\t2\tsubj\n2\thears\t0\troot\n3\told\t4\tamod\n4\tAnna\t2\tobj\n\n\n", await Shell.OutputOf("predict", run, toy.In("lines.dep")));
        JsonElement line = JsonDocument.Parse((await Shell.OutputOf("predict", run, toy.In("lines.dep"), "--json-lines")).Split('\n')[0]).RootElement;
        Assert.Equal([2, 0, 4, 2], line.GetProperty("heads").EnumerateArray().Select(h => h.GetInt32()));
        Assert.Equal("subj root amod obj", string.Join(' ', line.GetProperty("relations").EnumerateArray().Select(r => r.GetString())));

        await Shell.RefusalOf(["predict", run, toy.In("lines.dep"), "--top", "1"], "--top", "gives each word one head");
        await Shell.RefusalOf(["evaluate", run, "--data", toy.In("dep.toks")], "a sentence of this job's data lies in three");

        File.WriteAllText(toy.In("dep2.json"), File.ReadAllText(toy.In("dep.json")).TrimEnd()[..^1] + """, "stages": [{ "name": "one" }, { "name": "two" }] }""");
        string stages = await Shell.OutputOf("train", toy.In("dep2.json"), "--run-dir", toy.In("dep-stages"), "--set", "training.epochs=1");
        Assert.Contains("What decides: one las, two las", stages, StringComparison.Ordinal);
        Assert.DoesNotContain("two against one", stages, StringComparison.Ordinal);

        // A parser that reads tags cannot parse lines, which have none; a CoNLL file it can.
        string[] tags = ["N", "V", "A", "N"];
        string Conll(int count) => string.Concat(Enumerable.Range(0, count).Where(i => i % 2 == 0).Select(i => string.Concat(sentences[i].Split(' ').Select((word, at) =>
            $"{at + 1}\t{word}\t_\t{tags[at]}\t_\t_\t{parents[i].Split(' ')[at]}\t{relations[i].Split(' ')[at]}\t_\t_\n")) + "\n"));
        File.WriteAllText(toy.In("dep.conllu"), Conll(60));
        string tagged = toy.In("dep-tags");
        await Shell.OutputOf("train", toy.In("dep.json"), "--run-dir", tagged, "--set", "data.layout=conll", "--set", "data.train=[\"dep.conllu\"]", "--set", "data.tags=coarse");
        await Shell.RefusalOf(["predict", tagged, toy.In("lines.dep")], "reads part-of-speech tags, which lines of text do not have");
        File.WriteAllText(toy.In("more.conllu"), Conll(8));
        Assert.StartsWith($"{toy.In("more.conllu")}: 4 examples, las 100.00 %", await Shell.OutputOf("evaluate", tagged, "--data", toy.In("more.conllu")), StringComparison.Ordinal);
    }
}
