"""Reference values for src/xrouter/rl: losses with their gradients, advantages, KL estimators, in float64.

An implementation of its own on padded batches with torch autograd, from the published definitions:
PPO (1707.06347), dual clip (1912.09729), DAPO (2503.14476), GSPO (2507.18071), CISPO (2506.13585), GRPO (2402.03300),
Dr.GRPO (2503.20783), RLOO (2402.14740), REINFORCE++ (2501.03262), truncated importance sampling, IcePop, decoupled PPO
(2505.24298), KL estimators k1 to k3 (Schulman).

    python3 tests/golden/train/rl.py > tests/golden/train/rl.json

rl.json was written with Python 3.11 and torch 2.11.0 on a CPU; any torch with float64 autograd gives the same within 1e-12.
"""
import json
import math

import torch

torch.set_default_dtype(torch.float64)


def batch(seed, lengths, spread, reach):
    """Sequences of choices; `reach` makes log ratios large enough to meet every limit."""
    generator = torch.Generator().manual_seed(seed)

    def draw(n, scale):
        return torch.randn(n, generator=generator) * scale

    sequences = []
    for i, length in enumerate(lengths):
        old = -torch.rand(length, generator=generator) * 3 - 0.05
        made = {
            "old": old,
            "new": torch.clamp(old + draw(length, spread), max=-1e-3),
            "rollout": torch.clamp(old + draw(length, spread / 2), max=-1e-3),
            "reference": torch.clamp(old + draw(length, spread * 2), max=-1e-3),
            "entropies": torch.rand(length, generator=generator) * 2,
            "advantages": draw(length, 1),
            "advantage": float(draw(1, 1)) * (-1) ** i,
        }
        if reach:
            made["old"][0] = -30.0
            made["reference"][-1] = -24.0
            made["rollout"][length // 2] = -27.0
        sequences.append(made)
    return sequences


INPUTS = {
    "mild": batch(1, [5, 1, 7], 0.3, False),
    "close": batch(2, [4, 6], 0.01, False),
    "wild": batch(3, [3, 8, 2, 5], 1.2, False),
    "limits": batch(4, [3, 4], 0.5, True),
}
DEFAULTS = {
    "objective": "ppo", "clip_low": 0.2, "clip_high": 0.28, "dual_clip": 10.0, "importance_weight": False,
    "probability_moved": 0.2, "squared_log_ratio": 1e-3, "aggregation": "token_mean", "length_constant": 1.0,
    "kl_weight": 0.0, "kl": "k3_plus", "entropy_weight": 0.0, "correction": "none", "correction_cap": 2.0,
    "correction_low": 0.5, "correction_high": 2.0,
}


def padded(sequences, name):
    return torch.nn.utils.rnn.pad_sequence([s[name] for s in sequences], batch_first=True)


def ratio(difference):
    return torch.exp(torch.clamp(difference, -20, 20))


def kl_estimate(kind, new, reference):
    d = new - reference
    if kind == "k1":
        return d
    if kind == "k2":
        return 0.5 * d**2
    clamped = torch.clamp(-d, -20, 20)
    k3 = torch.clamp(torch.exp(clamped) - clamped - 1, -10, 10)
    if kind == "k3":
        return k3
    k2 = 0.5 * d**2
    return k2 - k2.detach() + k3.detach()


def clipped(o, r, a):
    worst = torch.maximum(-a * r, -a * torch.clamp(r, 1 - o["clip_low"], 1 + o["clip_high"]))
    if o["dual_clip"] == 0:
        return worst
    return torch.where(a < 0, torch.minimum(worst, -a * o["dual_clip"]), worst)


def policy(o, new, old, rollout, a, mask):
    r = ratio(new - old)
    if o["objective"] == "ppo":
        return clipped(o, r, a)
    if o["objective"] == "gspo":
        mean = ((new - old) * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
        s = torch.exp(torch.clamp(new - new.detach() + mean.detach(), max=10.0))
        return clipped(o, s, a)
    if o["objective"] == "cispo":
        return -torch.clamp(r, 1 - o["clip_low"], 1 + o["clip_high"]).detach() * a * new
    if o["objective"] == "reinforce":
        return -(r.detach() if o["importance_weight"] else 1) * a * new
    log_r = torch.clamp(new - rollout, -20, 20)
    moved = (torch.exp(new) - torch.exp(rollout)).detach()
    invalid = torch.where(a > 0, moved > o["probability_moved"], moved < -o["probability_moved"])
    return torch.where(invalid, 0.0, -a * torch.exp(log_r)) + o["squared_log_ratio"] * log_r**2


def correction(o, old, rollout, mask):
    log_rho = (old - rollout) * mask
    total = log_rho.sum(1, keepdim=True)
    rho, product, geometric = ratio(log_rho), ratio(total), ratio(total / mask.sum(1, keepdim=True))
    kind, cap, low, high = o["correction"], o["correction_cap"], o["correction_low"], o["correction_high"]
    one = torch.ones_like(old)
    return {
        "none": one,
        "token_tis": torch.clamp(rho, max=cap),
        "sequence_tis": one * torch.clamp(product, max=cap),
        "sequence_mis": one * (product <= cap),
        "geometric_mask": one * ((geometric >= low) & (geometric <= high)),
        "icepop": one * ((rho >= low) & (rho <= high)),
        "decoupled": rho,
    }[kind]


def aggregate(o, values, mask, tokens, count):
    sums = (values * mask).sum(1)
    if o["aggregation"] == "token_mean":
        return sums.sum() / tokens
    if o["aggregation"] == "sequence_mean_token_mean":
        return (sums / mask.sum(1)).sum() / count
    scale = o["length_constant"] if o["aggregation"] == "sequence_mean_token_sum_scaled" else 1
    return sums.sum() / count / scale


def loss_case(name, inputs, extra_counts=0, per_token=False, **changes):
    o = {**DEFAULTS, **changes}
    sequences = INPUTS[inputs]
    lengths = [len(s["old"]) for s in sequences]
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones(n) for n in lengths], batch_first=True)
    new = padded(sequences, "new").clone().requires_grad_()
    entropies = padded(sequences, "entropies").clone().requires_grad_()
    old, rollout, reference = (padded(sequences, k) for k in ("old", "rollout", "reference"))
    a = padded(sequences, "advantages") if per_token else torch.tensor([[s["advantage"]] for s in sequences]) * mask
    tokens, count = sum(lengths) + 3 * extra_counts, len(lengths) + extra_counts
    terms = policy(o, new, old, rollout, a, mask) * correction(o, old, rollout, mask)
    terms = terms + o["kl_weight"] * kl_estimate(o["kl"], new, reference) - o["entropy_weight"] * entropies
    loss = aggregate(o, terms, mask, tokens, count)
    loss.backward()
    grad_entropy = torch.zeros_like(entropies) if entropies.grad is None else entropies.grad
    return {
        "name": name, "inputs": inputs, "per_token": per_token, "options": changes, "tokens": tokens, "sequences": count,
        "loss": loss.item(),
        "by_logprob": [new.grad[i, :n].tolist() for i, n in enumerate(lengths)],
        "by_entropy": [grad_entropy[i, :n].tolist() for i, n in enumerate(lengths)] if o["entropy_weight"] else [],
    }


def loss_cases():
    cases = []
    for objective in ("ppo", "gspo", "cispo", "reinforce", "probability_mask"):
        for inputs in INPUTS:
            cases.append(loss_case(f"{objective} on {inputs}", inputs, objective=objective))
        cases.append(loss_case(f"{objective}, an advantage per token", "wild", per_token=True, objective=objective))
    for aggregation in ("sequence_mean_token_sum", "sequence_mean_token_mean", "sequence_mean_token_sum_scaled"):
        cases.append(loss_case(aggregation, "wild", extra_counts=3, aggregation=aggregation, length_constant=16.0))
    cases.append(loss_case("token_mean of a larger batch", "wild", extra_counts=5))
    cases.append(loss_case("gspo as published", "close", objective="gspo", clip_low=3e-4, clip_high=4e-4, dual_clip=0.0, aggregation="sequence_mean_token_mean"))
    cases.append(loss_case("reinforce with its weight", "wild", objective="reinforce", importance_weight=True))
    cases.append(loss_case("reinforce with its weight at the limits", "limits", objective="reinforce", importance_weight=True))
    cases.append(loss_case("a low dual clip", "wild", dual_clip=1.2))
    cases.append(loss_case("no dual clip", "wild", dual_clip=0.0))
    for kind in ("k1", "k2", "k3", "k3_plus"):
        for inputs in ("mild", "limits"):
            cases.append(loss_case(f"{kind} on {inputs}", inputs, kl=kind, kl_weight=0.3))
    cases.append(loss_case("entropy bonus", "mild", entropy_weight=0.01, kl_weight=0.1, kl="k2"))
    for kind in ("token_tis", "sequence_tis", "sequence_mis", "icepop", "decoupled"):
        for inputs in ("mild", "wild", "limits"):
            cases.append(loss_case(f"{kind} on {inputs}", inputs, correction=kind, correction_cap=1.5))
    cases.append(loss_case("geometric mask, close", "close", correction="geometric_mask", correction_low=0.99, correction_high=1.01))
    cases.append(loss_case("geometric mask, wild", "wild", correction="geometric_mask", correction_low=0.8, correction_high=1.25))
    cases.append(loss_case("everything", "wild", per_token=True, correction="token_tis", kl_weight=0.05, kl="k3", entropy_weight=0.02,
                           aggregation="sequence_mean_token_mean", clip_low=0.1, clip_high=0.4, dual_clip=3.0))
    return cases


def draw_groups(seed, sizes):
    generator = torch.Generator().manual_seed(seed)
    groups = []
    for size in sizes:
        members = []
        for _ in range(size):
            u = torch.rand(4, generator=generator).tolist()
            right = u[0] < 0.6
            cost = u[1] * 1.5
            rate, cap, kappa = 0.7, 0.8, 0.05
            members.append({
                "score": 1.0 if right else 0.0, "cost_norm": cost, "cost_rate": rate,
                "success": 1.0 if right else 0.0,
                "cost": -min(rate * cost, cap) if right else 0.0,
                "failure": 0.0 if right else -kappa * min(rate * cost, cap),
                "overlong": -u[2] if u[2] > 0.8 else 0.0,
                "choices": 1 + int(u[3] * 4),
            })
        groups.append(members)
    return groups


def totals(group):
    return torch.tensor([m["success"] + m["cost"] + m["failure"] + m["overlong"] for m in group])


def per_token(groups, values, discount):
    """Terminal rewards to returns per token, whitened over all tokens (Bessel's correction, 1e-8 under the root)."""
    rows = []
    for group, value in zip(groups, values):
        for m, v in zip(group, value):
            n = m["choices"]
            rows.append(torch.tensor([float(v) * discount ** (n - 1 - t) for t in range(n)]))
    flat = torch.cat(rows)
    mean, var = flat.mean(), flat.var(unbiased=True)
    return [((row - mean) * torch.rsqrt(var + 1e-8)).tolist() for row in rows]


def split(group, scale, cap, kappa, dead_zone):
    right = [m for m in group if m["score"] > 0]
    wrong = [m for m in group if m["score"] == 0]
    mean = lambda items, key: sum(m[key] for m in items) / len(items) if items else 0.0
    out = []
    for m in group:
        same = right if m["score"] > 0 else wrong
        away = m["cost_norm"] - mean(same, "cost_norm")
        away = 0.0 if abs(away) < dead_zone else away
        step = max(-cap, min(cap, m["cost_rate"] * (m["score"] or 1.0) * away / scale))
        share = 1.0 if m["score"] > 0 else kappa
        out.append(m["score"] - mean(group, "score") - share * step + m["overlong"] - mean(group, "overlong"))
    return out


def advantage_cases():
    cases = []
    groups = draw_groups(11, [4, 8, 1, 3])
    rewards = [totals(g) for g in groups]
    centred = [r - r.mean() if len(r) > 1 else r for r in rewards]
    everything = torch.cat(rewards)

    def add(name, expected, **options):
        cases.append({"name": name, "options": options, "totals": [v.tolist() if torch.is_tensor(v) else v for v in expected]})

    add("grpo", [c / ((r.std() if len(r) > 1 else 1.0) + 1e-6) for c, r in zip(centred, rewards)], estimator="grpo")
    add("dr_grpo", centred, estimator="dr_grpo")
    add("rloo", [torch.stack([r[i] - torch.cat([r[:i], r[i + 1:]]).mean() if len(r) > 1 else r[i] for i in range(len(r))]) for r in rewards], estimator="rloo")
    add("batch_std", [c / (everything.std() + 1e-6) for c in centred], estimator="batch_std")
    for discount in (1.0, 0.9):
        cases.append({"name": f"reinforce_pp {discount}", "options": {"estimator": "reinforce_pp", "discount": discount}, "by_token": per_token(groups, rewards, discount)})
        cases.append({"name": f"reinforce_pp_baseline {discount}", "options": {"estimator": "reinforce_pp_baseline", "discount": discount}, "by_token": per_token(groups, centred, discount)})
    for scale, cap, dead_zone in ((1.0, 0.4, 0.0), (0.3, 0.4, 0.0), (1.0, 0.1, 0.0), (1.0, 0.4, 0.2)):
        expected = [split(g, scale, cap, 0.05, dead_zone) if len(g) > 1 else [0.0] for g in groups]
        add(f"split scale {scale} cap {cap} dead zone {dead_zone}", expected, estimator="split", cost_scale=scale, penalty_cap=cap, failure_cost=0.05, dead_zone=dead_zone)
    return {"groups": groups, "cases": cases}


def likelihood_case():
    new = INPUTS["wild"][1]["new"].clone().requires_grad_()
    weights = torch.linspace(0, 2, len(new))
    loss = -(weights * new).sum() / 37
    loss.backward()
    return {"logprobs": new.tolist(), "weights": weights.tolist(), "total_weight": 37.0, "loss": loss.item(), "by_logprob": new.grad.tolist()}


def quantile_case():
    costs = [int(abs(math.sin(i * 12.9898)) * 10**10) for i in range(1, 1203)]
    recent = torch.sqrt(torch.tensor(costs[-1000:], dtype=torch.float64))
    low, high = torch.quantile(recent, 0.05), torch.quantile(recent, 0.95)
    asked = [0, 10**7, 10**9, 4 * 10**9, 10**10, 10**12]
    return {"costs": costs, "asked": asked, "normalised": [float(torch.clamp((math.sqrt(c) - low) / (high - low), 0, 1)) for c in asked]}


def plain(value):
    if torch.is_tensor(value):
        return value.tolist()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


print(json.dumps(plain({
    "inputs": INPUTS, "losses": loss_cases(), "advantages": advantage_cases(), "likelihood": likelihood_case(), "quantiles": quantile_case(),
}), separators=(",", ":")))
