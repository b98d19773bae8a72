namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>The rules about trees: their data, and the models that read them.</summary>
internal static class TreeRules
{
    public static void CheckData(TreeData data, RuleErrors errors)
    {
        Whole(data, errors);
        switch (data)
        {
            case BracketedTreesData trees:
                DataRules.Paths("data.train", trees.Train, errors);
                DataRules.Paths("data.dev", trees.Dev, errors);
                DataRules.Paths("data.test", trees.Test, errors);
                DataRules.Fractions(trees, trees.Dev is not null, trees.Test is not null, errors);
                break;
            case ParentTreesData trees:
                foreach ((string part, ParentTreeFiles? files) in (ReadOnlySpan<(string, ParentTreeFiles?)>)[("train", trees.Train), ("dev", trees.Dev), ("test", trees.Test)])
                {
                    errors.NotBlank($"data.{part}.tokens", files?.Tokens);
                    errors.NotBlank($"data.{part}.parents", files?.Parents);
                    errors.NotBlank($"data.{part}.labels", files?.Labels);
                }

                DataRules.Fractions(trees, trees.Dev is not null, trees.Test is not null, errors);
                break;
        }
    }

    public static void CheckPairs(TreePairsData data, RuleErrors errors)
    {
        Whole(data, errors);
        foreach ((string part, TreePairFiles? files) in (ReadOnlySpan<(string, TreePairFiles?)>)[("train", data.Train), ("dev", data.Dev), ("test", data.Test)])
        {
            errors.NotBlank($"data.{part}.tokensA", files?.TokensA);
            errors.NotBlank($"data.{part}.parentsA", files?.ParentsA);
            errors.NotBlank($"data.{part}.tokensB", files?.TokensB);
            errors.NotBlank($"data.{part}.parentsB", files?.ParentsB);
            errors.NotBlank($"data.{part}.scores", files?.Scores);
        }

        if (data.HighestScore <= data.LowestScore || (long)data.HighestScore - data.LowestScore > 100)
            errors.Add("data.highestScore", $"is {data.HighestScore}, with {data.LowestScore} the lowest.", "Give whole numbers, the highest 1 to 100 above the lowest.");
        DataRules.Fractions(data, data.Dev is not null, data.Test is not null, errors);
    }

    public static void CheckModel(ModelSpec model, RuleErrors errors)
    {
        switch (model)
        {
            case TreeLstmSpec tree:
                errors.AtLeast("model.hidden", tree.Hidden, 1);
                errors.Fraction("model.dropout", tree.Dropout);
                break;
            case TreeLstmPairsSpec pairs:
                errors.AtLeast("model.hidden", pairs.Hidden, 1);
                errors.AtLeast("model.similarityHidden", pairs.SimilarityHidden, 1);
                break;
        }
    }

    /// <summary>What a model of trees cannot read, where the form is right.</summary>
    public static void CheckFits(ModelSpec model, DataSpec data, RuleErrors errors)
    {
        if (model is TreeLstmSpec { Composition: TreeComposition.Binary } && data is ParentTreesData { Words: TreeWords.EveryNode })
            errors.Add("model.composition", "is binary, but data.words is every-node: dependency trees have any number of children.", "Use composition child-sum, or words leaves where the trees are binary.");
    }

    private static void Whole(DataSpec data, RuleErrors errors)
    {
        if (data.Tokenizer != TokenizerKind.Whitespace)
            errors.Add("data.tokenizer", $"is {ChoiceSetting.NameOf(data.Tokenizer.ToString())}, but trees have their words already.", "Leave it out.");
        if (data.MaxTokens is not null)
            errors.Add("data.maxTokens", "would cut words off trees.", "Leave it out.");
    }
}
